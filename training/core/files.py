"""Files that are whole or absent, and locks that end with their process."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bentos.core.errors import SettingsError
from bentos.core.storage import write_whole
from training.core.errors import RegistryBusy

_POLL_SECONDS = 0.05


def make_folder(folder: Path) -> None:
    """Make the folder unless it is there. Raises SettingsError if it can't be made or written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} can't be made: {error.strerror}. Choose another home: EKIBEN_HOME"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"The folder {folder} can't be written. Choose another home: EKIBEN_HOME")


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path`: a reader sees the old bytes or the new ones, also after a crash.

    Raises SettingsError if the folder can't be made or written.
    """
    make_folder(path.parent)
    write_whole(path, content)


@contextmanager
def locked(path: Path, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock at `path`; the system frees it when the process dies. Raises RegistryBusy after the
    timeout, SettingsError if the lock's folder can't be made or written."""
    make_folder(path.parent)
    with path.open("w") as file:
        _acquire(file.fileno(), path, timeout_seconds)
        yield


def _acquire(descriptor: int, path: Path, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise RegistryBusy(str(path), timeout_seconds) from error
            time.sleep(_POLL_SECONDS)
