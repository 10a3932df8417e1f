"""Tests that are coroutines, each in an event loop of its own."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec

_Parameters = ParamSpec("_Parameters")


def in_loop(test: Callable[_Parameters, Awaitable[None]]) -> Callable[_Parameters, None]:
    """Run the test to its end when pytest calls it."""

    @functools.wraps(test)
    def run(*arguments: _Parameters.args, **keywords: _Parameters.kwargs) -> None:
        async def run_to_end() -> None:
            await test(*arguments, **keywords)

        asyncio.run(run_to_end())

    return run
