"""Ends the process groups of a supervisor that was killed, so that not even `kill -9` leaves an orphan.

The supervisor holds the writing end of a pipe, this process reads the other one: `+N` and `-N` lines say
which groups run. However the supervisor ends, the kernel closes its end; then what still runs is stopped.
A pipe does this for whole process groups on every Unix; a parent-death signal reaches direct children only.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from types import TracebackType
from typing import Self

import psutil

GRACE_SECONDS = 10.0
"""Time between SIGTERM and SIGKILL for what a killed supervisor left."""


class Watchdog:
    """The supervisor's end. The watchdog keeps the `inherited` descriptors open until its work is done."""

    def __init__(self, inherited: Collection[int] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "training.core.watchdog"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=inherited,
            start_new_session=True,
            text=True,
        )

    def __enter__(self) -> Self:
        """Return the running watchdog."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pipe and wait until every group that is still known has ended."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Process id of the watchdog."""
        return self._process.pid

    def add(self, group: int) -> None:
        """Watch over the process group `group`."""
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Forget `group`: it has ended."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        # Nobody should kill the watchdog; if somebody does, what runs goes on running.
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.write(line)
                self._process.stdin.flush()


def is_alive(group: int) -> bool:
    """Return whether a member of the process group still runs.

    Members that have ended but that nobody collects, as happens in containers without an init, don't count.
    """
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return any(_runs_in(process, group) for process in psutil.process_iter())


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to every member of the process group, if there is one."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def read_groups(lines: Iterable[str]) -> set[int]:
    """Read `+N` and `-N` lines to their end and return the groups that are left."""
    groups: set[int] = set()
    for line in lines:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    return groups


def end_groups(groups: Collection[int], grace_seconds: float) -> None:
    """Stop every group with SIGTERM, and with SIGKILL what is left after `grace_seconds`."""
    for group in groups:
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while any(is_alive(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def _runs_in(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


if __name__ == "__main__":
    end_groups(read_groups(sys.stdin), GRACE_SECONDS)
