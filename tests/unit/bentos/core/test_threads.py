"""A thread for one long thing."""

import asyncio
import threading

import pytest

from bentos.core.threads import run_in_daemon_thread, run_within


def test_result_comes_from_another_thread_that_ends_with_the_process() -> None:
    async def main() -> tuple[bool, bool]:
        return await run_in_daemon_thread(
            lambda: (threading.current_thread().daemon, threading.current_thread() is threading.main_thread())
        )

    assert asyncio.run(main()) == (True, False)


def test_error_comes_to_whoever_waits() -> None:
    def fail() -> None:
        raise KeyError("what is missing")

    with pytest.raises(KeyError, match="what is missing"):
        asyncio.run(run_in_daemon_thread(fail))


@pytest.mark.parametrize("fails", [True, False])
def test_thread_whose_waiter_or_loop_is_gone_ends_quietly(fails: bool) -> None:
    begun, proceed, threads = threading.Event(), threading.Event(), list[threading.Thread]()

    def work() -> None:
        threads.append(threading.current_thread())
        begun.set()
        proceed.wait()
        if fails:
            raise ValueError

    async def cancel(within_loop: bool) -> None:
        task = asyncio.create_task(run_in_daemon_thread(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        if within_loop:
            proceed.set()
            threads[0].join()
            await asyncio.sleep(0)

    for within_loop in (True, False):
        threads.clear()
        begun.clear()
        proceed.clear()
        asyncio.run(cancel(within_loop))
        proceed.set()
        threads[0].join()


def test_work_that_is_done_in_time_gives_its_result_or_its_error() -> None:
    assert run_within(60, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        run_within(60, lambda: 1 // 0)


def test_work_that_hangs_is_left_alone() -> None:
    forever = threading.Event()
    with pytest.raises(TimeoutError):
        run_within(0.05, forever.wait)
    forever.set()
