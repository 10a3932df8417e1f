"""Routes whose whole requests are answered where they are read.

A task, a scope and a cycle for every request cost as much as a prediction. A handler that never waits needs
none of them once its request is here. Whatever goes wrong on this short way is told on the long one
(`bentos.core.gateway`), which is made for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from bentos.core.asgi import App
from bentos.core.auth import Guard
from bentos.core.endpoints import BodyEndpoint
from bentos.core.exchange import CLIENT_GONE, CURRENT, Exchange

Observe = Callable[[Exchange, BodyEndpoint], None]


class Waiting(Protocol):
    """A connection with a whole request."""

    def answer(self) -> None:
        """Answer it."""
        ...


class Quick:
    """The quick routes of one process. `app` answers a request the long way, and `failing` with an error;
    `observe` counts and logs what was answered."""

    def __init__(
        self, app: App, failing: Callable[[Exception], App], guard: Guard | None, observe: Observe
    ) -> None:
        self.routes: dict[bytes, BodyEndpoint] = {}
        """Those that take POST, by URL."""
        self.app = app
        self.failing = failing
        self._guard = guard
        self._observe = observe
        self._waiting: deque[Waiting] = deque()

    def wait(self, connection: Waiting, loop: asyncio.AbstractEventLoop) -> None:
        """Have the connection answer once all that has arrived is read."""
        if not self._waiting:
            loop.call_soon(self._answer_all, loop)
        self._waiting.append(connection)

    def answer(self, endpoint: BodyEndpoint, exchange: Exchange, body: bytes) -> bytes:
        """Return the content of an answer. Raises what becomes an error on the long way."""
        CURRENT.set(exchange)
        if self._guard is not None:
            self._guard.admit(exchange)
        return endpoint.answer_at_once(exchange, body)

    def conclude(self, endpoint: BodyEndpoint, exchange: Exchange) -> None:
        """Count what was sent."""
        exchange.status = 200
        self._observe(exchange, endpoint)

    def miss(self, endpoint: BodyEndpoint) -> None:
        """Count a request whose client left before its turn."""
        endpoint.series.observe(CLIENT_GONE, 0.0)

    def _answer_all(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while self._waiting:
                self._waiting.popleft().answer()
        finally:
            # Only a fault of ours gets here with some left; theirs must not wait for ever.
            if self._waiting:
                loop.call_soon(self._answer_all, loop)
