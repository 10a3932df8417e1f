"""Routes whose whole requests are answered where they are read.

A task, a scope and a cycle for every request cost as much as a prediction. A handler that never waits needs
none of them once its request is here. Requests that were read in one round are handled together where their
route can do that: nobody waits for a batch to fill, and each costs less the more there are. Whatever goes
wrong on this short way is told on the long one (`bentos.core.gateway`), which is made for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from bentos.core.asgi import App
from bentos.core.auth import Guard
from bentos.core.endpoints import Content, Handled, QuickEndpoint
from bentos.core.exchange import CLIENT_GONE, CURRENT, Exchange

Observe = Callable[[Exchange, QuickEndpoint], None]

MOST_TOGETHER = 32
"""Requests that are handled together. The first one is answered when the last one is handled, so they must
not be many; more than some dozens make none of them cheaper."""


class Asked(NamedTuple):
    """One whole request."""

    endpoint: QuickEndpoint
    exchange: Exchange
    body: bytes


class Waiting(Protocol):
    """A connection with a whole request."""

    def ask(self) -> Asked | None:
        """Return the request, or None if it needs no answer here any more."""
        ...

    def answer(self, exchange: Exchange, content: bytes) -> None:
        """Answer it."""
        ...

    def fail(self, error: Exception) -> None:
        """Have it answered with an error, the long way."""
        ...

    def wait(self) -> None:
        """Have it answered the long way, as it has to wait for something."""
        ...


class Quick:
    """The quick routes of one process. `app` answers a request the long way, `admitted` does so for one that
    was let in already, and `failing` with an error; `observe` counts and logs what was answered."""

    def __init__(
        self,
        app: App,
        admitted: App,
        failing: Callable[[Exception], App],
        guard: Guard | None,
        observe: Observe,
    ) -> None:
        self.routes: dict[bytes, QuickEndpoint] = {}
        """By path."""
        self.app = app
        self.admitted = admitted
        self.failing = failing
        self._guard = guard
        self._observe = observe
        self._waiting: deque[Waiting] = deque()

    def wait(self, connection: Waiting, loop: asyncio.AbstractEventLoop) -> None:
        """Have the connection answer once all that has arrived is read."""
        if not self._waiting:
            loop.call_soon(self._answer_all, loop)
        self._waiting.append(connection)

    def answer(self, asked: Sequence[Asked]) -> list[Content]:
        """Return the content of each answer, or what becomes an error on the long way, or None."""
        found: list[Content] = []
        groups: dict[QuickEndpoint, list[Handled]] = {}
        for endpoint, exchange, body in asked:
            CURRENT.set(exchange)
            try:
                if self._guard is not None:
                    self._guard.admit(exchange)
                request = endpoint.read(exchange, body)
            except Exception as error:
                found.append(error)
            else:
                groups.setdefault(endpoint, []).append(Handled(len(found), exchange, request))
                found.append(b"")
        for endpoint, group in groups.items():
            for handled, content in zip(group, endpoint.answer_together(group), strict=True):
                found[handled.place] = content
        return found

    def conclude(self, endpoint: QuickEndpoint, exchange: Exchange) -> None:
        """Count what was sent."""
        exchange.status = 200
        self._observe(exchange, endpoint)

    def miss(self, endpoint: QuickEndpoint) -> None:
        """Count a request whose client left before its turn."""
        endpoint.series.observe(CLIENT_GONE, 0.0)

    def _answer_all(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while self._waiting:
                self._answer_some()
        finally:
            # Only a fault of ours gets here with some left; theirs must not wait for ever.
            if self._waiting:
                loop.call_soon(self._answer_all, loop)

    def _answer_some(self) -> None:
        connections, asked = [], []
        for _ in range(min(MOST_TOGETHER, len(self._waiting))):
            connection = self._waiting.popleft()
            if (one := connection.ask()) is not None:
                connections.append(connection)
                asked.append(one)
        answers = zip(connections, asked, self.answer(asked), strict=True)
        try:
            for connection, one, content in answers:
                if isinstance(content, bytes):
                    connection.answer(one.exchange, content)
                elif content is None:
                    connection.wait()
                else:
                    connection.fail(content)
        finally:
            self._waiting.extendleft(connection for connection, _, _ in answers)
