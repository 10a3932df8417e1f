"""Something that goes on beside a measurement."""

from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Self


class Sampler:
    """Calls something every so many seconds in a thread of its own, until it is left."""

    def __init__(self, take: Callable[[], None], pause_seconds: float) -> None:
        self._take = take
        self._pause_seconds = pause_seconds
        self._done = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._pause_seconds):
            with suppress(OSError):
                self._take()
