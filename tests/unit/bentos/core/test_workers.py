"""Threads for handlers."""

import asyncio
import threading

import pytest

from bentos.core.exchange import CURRENT, Exchange
from bentos.core.workers import Workers
from tests.support.exchanges import exchange


def test_work_is_done_elsewhere_with_the_same_request_in_sight() -> None:
    asked = exchange()

    async def main() -> tuple[Exchange | None, bool, int]:
        CURRENT.set(asked)
        workers = Workers(1)
        try:
            seen: tuple[Exchange | None, bool, int] = await workers.run(look, 1, other=2)
            return seen
        finally:
            workers.close()

    def look(number: int, other: int) -> tuple[Exchange | None, bool, int]:
        return CURRENT.get(), threading.current_thread() is threading.main_thread(), number + other

    assert asyncio.run(main()) == (asked, False, 3)


def test_no_more_threads_than_allowed_work_at_once() -> None:
    running, most = 0, 0
    lock, both = threading.Lock(), threading.Barrier(2)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1

    async def main() -> None:
        workers = Workers(2)
        await asyncio.gather(*(workers.run(work) for _ in range(6)))
        workers.close()

    asyncio.run(main())
    assert most == 2


def test_error_reaches_the_caller() -> None:
    def fail() -> None:
        raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        asyncio.run(Workers(1).run(fail))
