"""One call at a time, however many wait for it."""

import asyncio

import pytest

from bentos.analyst.shared_call import SharedCall
from tests.support.in_loop import in_loop


class Work:
    """Work that ends when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.go = asyncio.Event()
        self.fails = False

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails:
            raise ValueError("no luck")
        return number


async def begin(call: SharedCall[int], count: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(call()) for _ in range(count)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


@in_loop
async def test_all_who_ask_meanwhile_get_the_same_result() -> None:
    work = Work()
    call = SharedCall(work)
    tasks = await begin(call, 5)
    work.go.set()
    assert await asyncio.gather(*tasks) == [1] * 5
    assert await call() == 2


@in_loop
async def test_one_who_leaves_does_not_stop_it_for_the_others() -> None:
    work = Work()
    tasks = await begin(SharedCall(work), 2)
    tasks[0].cancel()
    await asyncio.wait({tasks[0]})
    work.go.set()
    assert await tasks[1] == 1
    assert (tasks[0].cancelled(), work.cancelled) == (True, 0)


@in_loop
async def test_everybody_hears_of_a_failure_and_the_next_one_tries_again() -> None:
    work = Work()
    work.fails = True
    call = SharedCall(work)
    tasks = await begin(call, 2)
    work.go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError]
    work.fails = False
    assert await call() == 2


@in_loop
async def test_closing_cancels_the_work() -> None:
    work = Work()
    call = SharedCall(work)
    (task,) = await begin(call, 1)
    await call.close()
    assert work.cancelled == 1
    with pytest.raises(asyncio.CancelledError):
        await task


@in_loop
async def test_closing_without_work_does_nothing() -> None:
    work = Work()
    await SharedCall(work).close()
    assert work.begun == 0
