"""Threads for handlers that would hold up the event loop."""

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class Workers:
    """A fixed number of threads; who comes when all are taken waits for one."""

    def __init__(self, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="ekiben-worker")

    async def run(self, handler: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Return `handler(*arguments, **keywords)`, computed in a thread that logs under this request's
        ids."""
        call = functools.partial(contextvars.copy_context().run, handler, *arguments, **keywords)
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def close(self) -> None:
        """Give up what has not begun; what runs is not waited for."""
        self._executor.shutdown(wait=False, cancel_futures=True)
