"""The command that takes a report out of a log."""

import io
from pathlib import Path

import pytest

from loadtests.bundle import pack
from loadtests.collect import main


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "verdict.txt").write_text("all 24 marks reached\n")
    stdin = io.StringIO("\n".join(["all 24 marks reached", *pack(folder)]))
    monkeypatch.setattr("sys.stdin", stdin)
    return stdin


@pytest.mark.usefixtures("log")
def test_report_is_written_and_the_rest_of_the_log_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["collect", str(tmp_path / "out")])
    main()
    assert (tmp_path / "out/verdict.txt").read_text() == "all 24 marks reached\n"
    assert capsys.readouterr().out.splitlines() == ["all 24 marks reached", str(tmp_path / "out/verdict.txt")]


def test_log_without_a_report_ends_with_a_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["collect", str(tmp_path / "out")])
    monkeypatch.setattr("sys.stdin", io.StringIO("nothing\n"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 8
    assert "No report could be read" in capsys.readouterr().err


def test_wrong_usage_tells_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["collect"])
    with pytest.raises(SystemExit, match="kubectl logs"):
        main()
