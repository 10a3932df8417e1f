"""Whole-or-absent files, and locks that end with their process."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from training.core.errors import RegistryBusy
from training.core.files import locked, write_atomically


def test_content_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "pin.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["pin.json"]


def test_failed_write_keeps_the_old_file_and_leaves_no_rest(tmp_path: Path) -> None:
    (tmp_path / "taken" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_readers_never_see_a_part(tmp_path: Path) -> None:
    path, whole = tmp_path / "pin.json", {b"a" * 100_000, b"b" * 100_000}
    write_atomically(path, b"a" * 100_000)
    seen = set()

    def write() -> None:
        for number in range(30):
            write_atomically(path, (b"b" if number % 2 else b"a") * 100_000)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= whole


def test_second_holder_is_refused_by_the_name_of_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "battle.lock"
    with locked(path, 0), pytest.raises(RegistryBusy, match=r"battle\.lock"), locked(path, 0):
        pass


def test_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path / "lock", 0):
        raise KeyError
    with locked(tmp_path / "lock", 0):
        pass


def test_killed_process_leaves_no_lock_behind(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from training.core.files import locked\n"
        "with locked(Path(sys.argv[1]), 0):\n    print('held', flush=True); time.sleep(60)"
    )
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(RegistryBusy), locked(path, 0):
            pass
        process.kill()
    with locked(path, 0):
        pass
