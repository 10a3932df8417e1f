"""Run one long thing beside the caller, without making the process wait for it when it ends."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeVar

_Result = TypeVar("_Result")


async def run_in_daemon_thread(work: Callable[[], _Result]) -> _Result:
    """Return `work()`, computed in a thread of its own that dies with the process."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_Result] = loop.create_future()

    def settle(result: _Result) -> None:
        if not future.done():
            future.set_result(result)

    def fail(error: BaseException) -> None:
        if not future.done():
            future.set_exception(error)

    def run() -> None:
        settled: Callable[[], None]
        try:
            settled = partial(settle, work())
        except BaseException as error:
            settled = partial(fail, error)
        # The loop may be gone by now; then nobody waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settled)

    threading.Thread(target=run, daemon=True, name="ekiben-loading").start()
    return await future


def run_within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """Return `work()`. Raises TimeoutError if it takes longer; it is left alone then, and dies with the
    process."""
    outcome: Future[_Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True, name="ekiben-fetching").start()
    return outcome.result(seconds)
