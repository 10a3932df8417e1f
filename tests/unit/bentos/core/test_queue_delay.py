"""Rounds of the event loop, and what requests wait in them."""

import asyncio

import pytest
import uvloop

from bentos.core.queue_delay import Rounds
from tests.support.loops import Clock, ReadyQueue

Seen = list[tuple[float, float, bool]]


def begin(rounds: Rounds, loop: ReadyQueue, clock: Clock, reading_seconds: float, handling: float) -> None:
    """Read one request and schedule what handles it, as a server does."""
    if not rounds.is_reading:
        rounds.begin(loop.as_loop)
    clock.now += reading_seconds
    loop.call_soon(spend, clock, handling)


def spend(clock: Clock, seconds: float) -> None:
    clock.now += seconds


def rounded(seen: Seen) -> Seen:
    return [(round(delay, 6), round(handling, 6), is_idle) for delay, handling, is_idle in seen]


def test_first_round_waits_for_its_own_reading() -> None:
    clock, loop, seen = Clock(), ReadyQueue(), Seen()
    rounds = Rounds(lambda *round: seen.append(round), clock)
    begin(rounds, loop, clock, 0.001, 0.01)
    begin(rounds, loop, clock, 0.001, 0.01)
    loop.run_once()
    loop.run_once()
    assert rounded(seen) == [(0.002, 0.02, True)]


def test_request_that_came_while_others_were_handled_waited_for_them() -> None:
    clock, loop, seen = Clock(), ReadyQueue(), Seen()
    rounds = Rounds(lambda *round: seen.append(round), clock)
    begin(rounds, loop, clock, 0.001, 0.3)
    loop.run_once()
    begin(rounds, loop, clock, 0.001, 0.01)
    loop.run_once()
    loop.run_once()
    assert rounded(seen) == [(0.001, 0.3, False), (0.302, 0.01, True)]


def test_loop_without_requests_in_between_leaves_no_delay() -> None:
    clock, loop, seen = Clock(), ReadyQueue(), Seen()
    rounds = Rounds(lambda *round: seen.append(round), clock)
    for _ in range(2):
        begin(rounds, loop, clock, 0.001, 0.3)
        loop.run_once()
        loop.run_once()
        clock.now += 5
    assert rounded(seen) == [(0.001, 0.3, True)] * 2


class Reader(asyncio.Protocol):
    """Handles each piece of data in a task that takes some time of its own."""

    def __init__(self, rounds: Rounds, clock: Clock, handled: asyncio.Semaphore) -> None:
        self._rounds, self._clock, self._handled = rounds, clock, handled

    def data_received(self, data: bytes) -> None:
        if not self._rounds.is_reading:
            self._rounds.begin(asyncio.get_running_loop())
        asyncio.get_running_loop().create_task(self._handle())

    async def _handle(self) -> None:
        self._clock.now += 0.01
        self._handled.release()


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_real_loops_run_rounds_in_that_order(make_loop: object) -> None:
    """Of five connections that send at once; the clock is moved by handlers only."""
    clock, seen = Clock(), Seen()
    rounds = Rounds(lambda *round: seen.append(round), clock)

    async def main() -> None:
        loop, handled = asyncio.get_running_loop(), asyncio.Semaphore(0)
        server = await loop.create_server(lambda: Reader(rounds, clock, handled), "127.0.0.1", 0)
        address = server.sockets[0].getsockname()[:2]
        writers = [(await asyncio.open_connection(*address))[1] for _ in range(5)]
        for writer in writers:
            writer.write(b"x")
        for _ in writers:
            await handled.acquire()
        await asyncio.sleep(0.01)
        for writer in writers:
            writer.close()
        server.close()

    with asyncio.Runner(loop_factory=make_loop) as runner:  # type: ignore[arg-type]
        runner.run(main())
    assert sum(handling for _, handling, _ in seen) == pytest.approx(0.05)
    assert seen[-1][2]
    waited = [handling for _, handling, is_idle in seen[:-1] if not is_idle]
    assert [delay for delay, _, _ in seen] == pytest.approx([0.0, *waited][: len(seen)])
