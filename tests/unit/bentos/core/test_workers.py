"""Threads for handlers."""

import asyncio
import os
import threading
import time

import pytest

from bentos.core.errors import Overloaded
from bentos.core.exchange import CURRENT, Exchange
from bentos.core.workers import HOLD_SECONDS, NICENESS, Workers
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


def test_who_comes_when_enough_wait_is_refused_until_there_is_room_again() -> None:
    refusals = []

    async def main() -> list[str]:
        may_end = threading.Event()
        workers = Workers(1, most_waiting=2, on_refusal=lambda: refusals.append("refused"))
        under_way = [asyncio.create_task(workers.run(may_end.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refused:
            await workers.run(str, 1)
        assert refused.value.headers == ((b"retry-after", b"1"),)
        may_end.set()
        await asyncio.gather(*under_way)
        answers = [await workers.run(str, number) for number in range(5)]
        workers.close()
        return answers

    assert asyncio.run(main()) == ["0", "1", "2", "3", "4"]
    assert refusals == ["refused"]


def test_one_is_refused_whenever_work_ends_and_the_others_after_a_second() -> None:
    async def main() -> tuple[int, int, float]:
        workers = Workers(1, most_waiting=0)
        async with workers.place():
            refused = [asyncio.create_task(workers.run(int)) for _ in range(5)]
            await asyncio.sleep(0.05)
            before = sum(task.done() for task in refused)
        await asyncio.sleep(0.05)
        after = sum(task.done() for task in refused)
        began = time.perf_counter()
        errors = await asyncio.gather(*refused, return_exceptions=True)
        workers.close()
        assert {type(error) for error in errors} == {Overloaded}
        return before, after, time.perf_counter() - began

    before, after, seconds = asyncio.run(main())
    assert (before, after) == (0, 1)
    assert HOLD_SECONDS / 2 < seconds < HOLD_SECONDS + 5


def test_place_is_kept_while_something_is_read_for_it() -> None:
    async def main() -> int:
        workers = Workers(1, most_waiting=0)
        async with workers.place():
            with pytest.raises(Overloaded):
                await workers.run(int, 1)
            number: int = await workers.run_in_place(int, 2)
        assert await workers.run(int, 3) == 3
        workers.close()
        return number

    assert asyncio.run(main()) == 2


def test_it_is_told_when_there_is_no_place_left() -> None:
    told: list[bool] = []

    async def main() -> None:
        workers = Workers(1, most_waiting=1, on_crowd=told.append)
        async with workers.place():
            assert told == []
            async with workers.place():
                assert told == [True]
            assert told == [True, False]
        workers.close()

    asyncio.run(main())


def test_place_is_free_again_after_a_failure() -> None:
    async def main() -> None:
        workers = Workers(1, most_waiting=0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await workers.run(divmod, 1, 0)
        workers.close()

    asyncio.run(main())


def test_workers_yield_to_the_event_loop() -> None:
    async def main() -> int:
        workers = Workers(1)
        niceness: int = await workers.run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        workers.close()
        return niceness

    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert asyncio.run(main()) == min(19, own + NICENESS)
