"""Threads for handlers that would hold up the event loop."""

import asyncio
import contextlib
import contextvars
import functools
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bentos.core.errors import Overloaded

MOST_WAITING = 12
"""Pieces of work that may wait for a thread, unless it is said how many."""

NICENESS = 10
"""By how much workers yield to the event loop where both want the same processor."""

LEAST_PRIORITY = 19

HOLD_SECONDS = 1.0
"""Longest time that a refusal is held back, whatever for; after it the client is told to try again."""


class Workers:
    """A fixed number of threads; who comes when all are taken waits for one, but only `most_waiting` do.

    Others are refused, one whenever a piece of work ends, or after a second: reading and refusing requests
    takes time from the threads, and a client that asks again at once would take most of it. `on_refusal` is
    called for each; `on_crowd` is told when the last place is taken, and when one is free.
    """

    def __init__(
        self,
        threads: int,
        most_waiting: int = MOST_WAITING,
        on_refusal: Callable[[], None] = lambda: None,
        on_crowd: Callable[[bool], None] = lambda _is_crowded: None,
    ) -> None:
        self._executor = ThreadPoolExecutor(
            threads, thread_name_prefix="ekiben-worker", initializer=yield_to_others
        )
        self._free_places = threads + most_waiting
        self._on_refusal = on_refusal
        self._on_crowd = on_crowd
        self._refused: deque[asyncio.Event] = deque()

    async def run(self, handler: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Return `handler(*arguments, **keywords)`, computed in a thread that logs under this request's
        ids. Raises Overloaded if too many wait already."""
        async with self.place():
            return await self.run_in_place(handler, *arguments, **keywords)

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Keep a place for `run_in_place`, so that nothing large is read in vain. Raises Overloaded, in its
        turn, if too many wait already."""
        if not self._free_places:
            self._on_refusal()
            await self._wait_to_be_refused()
            raise Overloaded
        self._free_places -= 1
        if not self._free_places:
            self._on_crowd(True)
        try:
            yield
        finally:
            self._free_places += 1
            self._on_crowd(False)
            if self._refused:
                self._refused.popleft().set()

    async def run_in_place(self, handler: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Do as `run` does, for who has a place."""
        call = functools.partial(contextvars.copy_context().run, handler, *arguments, **keywords)
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    async def _wait_to_be_refused(self) -> None:
        turn = asyncio.Event()
        self._refused.append(turn)
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                await turn.wait()
        except TimeoutError:
            with contextlib.suppress(ValueError):
                self._refused.remove(turn)

    def close(self) -> None:
        """Give up what has not begun; what runs is not waited for."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def yield_to_others() -> None:
    """Lower the priority of this thread; Linux has one for each."""
    thread = threading.get_native_id()
    niceness = os.getpriority(os.PRIO_PROCESS, thread)
    os.setpriority(os.PRIO_PROCESS, thread, min(LEAST_PRIORITY, niceness + NICENESS))
