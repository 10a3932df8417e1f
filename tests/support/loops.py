"""An event loop on a clock of its own, and the load of a pool of clients on it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, cast

from bentos.core.admission import Admission

READ_SECONDS = 16e-6
HANDLE_SECONDS = 64e-6
"""Reading and answering one request: together 80 µs, 12,500 answers a second."""
REFUSE_SECONDS = 16e-6
"""Together with reading 40 % of an answer."""
CAPACITY = 1 / (READ_SECONDS + HANDLE_SECONDS)

URL = b"/api/v1/predict"


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.worked = 0.0
        """Seconds of it in which something was done."""

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.worked += seconds


class ReadyQueue:
    """What a loop has of asyncio's: callbacks run in rounds, in the order in which they were scheduled."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._clock = clock
        self._ready: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self._timed: list[tuple[float, Callable[..., Any]]] = []

    def __bool__(self) -> bool:
        return bool(self._ready)

    @property
    def next_due(self) -> float:
        """When something was asked to be run, infinity if nothing was."""
        return min((when for when, _ in self._timed), default=inf)

    @property
    def as_loop(self) -> asyncio.AbstractEventLoop:
        return cast("asyncio.AbstractEventLoop", self)

    def call_soon(self, callback: Callable[..., Any], *arguments: Any) -> None:
        self._ready.append((callback, arguments))

    def call_later(self, delay_seconds: float, callback: Callable[..., Any]) -> None:
        self._timed.append((self._clock() + delay_seconds, callback))

    def run_once(self) -> None:
        due = [timed for timed in self._timed if timed[0] <= self._clock()]
        self._timed = [timed for timed in self._timed if timed[0] > self._clock()]
        for _, callback in due:
            callback()
        for _ in range(len(self._ready)):
            callback, arguments = self._ready.popleft()
            callback(*arguments)


@dataclass
class Client:
    """One connection: it sends the next request of the pool when its last one is answered."""

    load: "Load"
    sent_at: float = 0.0

    def release(self) -> None:
        self.load.clock.work(REFUSE_SECONDS)
        self.load.refused.append((self.load.clock.now, self.load.clock.now - self.sent_at))
        self.load.free.append(self)


@dataclass
class Load:
    """Requests at a steady rate over a pool of connections; one that finds none free waits for one. An answer
    is (when, how long after it was sent)."""

    admission: Admission
    clock: Clock
    free: deque[Client] = field(default_factory=deque)
    answered: list[tuple[float, float]] = field(default_factory=list)
    refused: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = ReadyQueue(self.clock)
        self._connections = 0
        self.admission.count_answers = lambda: len(self.answered)

    def run(self, rate: float, seconds: float, connections: int = 400, stalls: Sequence[float] = ()) -> None:
        """Offer so many requests a second for so long. In the first rounds nothing goes on for so many
        seconds as `stalls` say, while requests still come."""
        pauses = iter(stalls)
        self.free.extend(Client(self) for _ in range(connections - self._connections))
        self._connections = max(self._connections, connections)
        end, due = self.clock.now + seconds, self.clock.now
        waiting: list[Client] = []
        while self.clock.now < end:
            while due <= self.clock.now:
                if self.free:
                    client = self.free.popleft()
                    client.sent_at = due
                    waiting.append(client)
                due += 1 / rate
            if waiting:
                self._read(waiting)
                waiting = []
                self.clock.now += next(pauses, 0.0)
            elif not self.loop:
                self.clock.now = min(due, self.loop.next_due)
            self.loop.run_once()

    def _read(self, clients: Sequence[Client]) -> None:
        rounds = self.admission.rounds
        for client in clients:
            if not rounds.is_reading:
                rounds.begin(self.loop.as_loop)
            self.clock.work(READ_SECONDS)
            if self.admission.asks_from == 0 and self.admission.refuses(URL, 0):
                self.admission.count("queue")
                self.admission.hold(client)
            else:
                self.loop.call_soon(self._answer, client)

    def _answer(self, client: Client) -> None:
        self.clock.work(HANDLE_SECONDS)
        self.answered.append((self.clock.now, self.clock.now - client.sent_at))
        self.free.append(client)
