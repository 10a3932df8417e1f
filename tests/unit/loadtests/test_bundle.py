"""A report that goes through a log comes out as it went in, or is refused."""

from pathlib import Path

import pytest

from loadtests.bundle import BEGIN, END, LINE_CHARACTERS, pack, unpack
from loadtests.errors import ReportUnreadable


@pytest.fixture
def report(tmp_path: Path) -> Path:
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "verdict.txt").write_text("all 24 marks reached\n")
    (folder / "noise.bin").write_bytes(
        b"".join(hash((1, n)).to_bytes(8, "big", signed=True) for n in range(3000))
    )
    return folder


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_report_comes_back_out_of_the_middle_of_a_log(report: Path, tmp_path: Path) -> None:
    packed = list(pack(report))
    assert len(packed) > 3
    assert max(len(line) for line in packed) <= LINE_CHARACTERS
    shown: list[str] = []
    lines = [f"{line}\n" for line in ["steady on http://battle", *packed, "", "bye"]]
    assert sorted(unpack(lines, tmp_path / "out", shown.append)) == ["noise.bin", "verdict.txt"]
    assert _contents(tmp_path / "out") == _contents(report)
    assert shown == ["steady on http://battle", "", "bye"]


def test_of_several_reports_the_last_counts(report: Path, tmp_path: Path) -> None:
    before = list(pack(report))
    (report / "verdict.txt").write_text("2 of 24 pass marks missed\n")
    unpack([*before, *pack(report)], tmp_path / "out", str)
    assert _contents(tmp_path / "out") == _contents(report)


def test_damaged_reports_are_refused(report: Path, tmp_path: Path) -> None:
    packed = list(pack(report))
    swapped = packed[1][:-2] + ("AA" if packed[1][-2:] != "AA" else "BB")
    damaged = {
        "none that is whole": [[], packed[:-1], packed[1:]],
        "checksum": [[BEGIN, swapped, *packed[2:]], [BEGIN, *packed[2:]]],
        "not base64": [[BEGIN, "not base64!", f"{END} 00"]],
    }
    for message, logs in damaged.items():
        for log in logs:
            with pytest.raises(ReportUnreadable, match=message):
                unpack(log, tmp_path / "out", str)
    assert not (tmp_path / "out").exists()
