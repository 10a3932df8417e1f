"""How long requests wait before they are handled, measured where it costs next to nothing.

One event loop reads everything that has arrived, handles it, and reads again: a round. A request that arrives
while a round is under way lies in the kernel's socket buffer until the next one reads it, and then waits for
those that were read before it. So the longest wait of a round reaches from the moment the round before began
to read (from its own, if the loop had nothing to do in between) to the moment its handling begins.

Rounds are told apart by the order in which loops run callbacks. A callback that is scheduled while a round is
read runs before that round's requests, which are scheduled after it. One that it schedules itself runs after
all of them, and after the sockets were looked at again: if that brought nothing, nobody was waiting.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter

OnRound = Callable[[float, float, bool], None]
"""Called after a round with its delay and the time of its handling in seconds, and whether nobody waits."""


class Rounds:
    """The rounds of one event loop. `is_reading` tells whoever receives bytes that the round has begun."""

    __slots__ = (
        "_clock",
        "_delay_seconds",
        "_handled_from",
        "_is_idle",
        "_oldest",
        "_on_end",
        "began",
        "is_reading",
        "loop",
    )

    def __init__(self, on_end: OnRound, clock: Callable[[], float] = perf_counter) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        """What the latest round runs on."""
        self.is_reading = False
        self.began = 0.0
        """When the reading of the latest round began, on the clock."""
        self._clock = clock
        self._on_end = on_end
        self._oldest = 0.0
        self._handled_from = 0.0
        self._delay_seconds = 0.0
        self._is_idle = True

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take note that the first bytes of a round are here."""
        now = self._clock()
        self._oldest = now if self._is_idle else self.began
        self.began = now
        self.is_reading = True
        self._is_idle = False
        self.loop = loop
        loop.call_soon(self._handle, loop)

    def _handle(self, loop: asyncio.AbstractEventLoop) -> None:
        """All is read; what was read is handled after this."""
        self.is_reading = False
        self._handled_from = self._clock()
        self._delay_seconds = self._handled_from - self._oldest
        loop.call_soon(self._end)

    def _end(self) -> None:
        """All is handled, and the sockets were looked at again."""
        self._is_idle = not self.is_reading
        until = self._clock() if self._is_idle else self.began
        self._on_end(self._delay_seconds, until - self._handled_from, self._is_idle)
