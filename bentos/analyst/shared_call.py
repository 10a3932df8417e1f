"""One call at a time, however many wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

_Result = TypeVar("_Result")


class SharedCall(Generic[_Result]):
    """Does one piece of work for all who ask while it goes on. Whoever stops waiting does not stop it."""

    def __init__(self, work: Callable[[], Awaitable[_Result]]) -> None:
        self._work = work
        self._task: asyncio.Task[_Result] | None = None

    async def __call__(self) -> _Result:
        """Join the call under way or begin one; return its result, or raise what it raises."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(take_note)
        return await asyncio.shield(self._task)

    async def close(self) -> None:
        """Cancel the call under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> _Result:
        return await self._work()


def take_note(task: asyncio.Task[Any]) -> None:
    """Look at a task's error, so that asyncio does not complain if everybody who waited has left."""
    if not task.cancelled():
        task.exception()
