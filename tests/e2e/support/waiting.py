"""Waiting with a deadline, and saying what was seen last when it passes."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Late(AssertionError):
    """Something did not happen in time."""

    def __init__(self, what: str, seconds: float, last: object) -> None:
        super().__init__(f"{what}: not within {seconds:g} s; last seen: {last!r}")


def wait_until(
    what: str, probe: Callable[[], Found], within_seconds: float, every_seconds: float = 0.5
) -> Found:
    """Return the first true value of `probe`. Raises Late with the last one, or with the last error of a
    command."""
    deadline = time.monotonic() + within_seconds
    last: object = None
    while True:
        try:
            found = probe()
            if found:
                return found
            last = found
        except (RuntimeError, LookupError, ValueError) as error:
            last = error
        if time.monotonic() > deadline:
            raise Late(what, within_seconds, last)
        time.sleep(every_seconds)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Elapsed, to a tenth."""
        return round(time.monotonic() - self._began, 1)
