"""The HTTP server around the gateway: uvicorn, with an orderly way to stop."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

from bentos.core.asgi import App
from bentos.core.errors import SettingsError
from bentos.core.protocol import Door, ServerConfig, open_door
from bentos.core.settings import ServerSettings

BACKLOG = 2048
"""Connections that the kernel keeps for us while the event loop is busy."""

ACCEPTORS = 16
"""Connections that one round of the event loop takes. libuv accepts one per listening socket and round: in
rounds of ten milliseconds a probe would wait a second behind a hundred others."""

TICK_SECONDS = 0.1
TICKS_BETWEEN_SWEEPS = 20
"""Every two seconds connections are looked through for clients that are too slow."""


class Server(uvicorn.Server):
    """Goes on answering for a while after the first signal to stop, because load balancers learn of it late.

    The first signal begins the lingering: new connections are still taken, and `on_linger` is called. A
    second one ends it, a third one also cuts the requests that are under way. `hurry` ends the lingering too.
    """

    def __init__(self, config: ServerConfig, linger_seconds: float, on_linger: Callable[[], None]) -> None:
        super().__init__(config)
        self._connections = config.door.connections
        self._connections.open = self.server_state.connections
        config.door.admission.count_answers = lambda: self.server_state.total_requests
        self._linger_seconds = linger_seconds
        self._on_linger = on_linger
        self._stop_at: float | None = None
        self.beside: list[Callable[[], Awaitable[None]]] = []
        """What is to stop when this server does; each returns when that is done."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take one step towards the end."""
        if self.should_exit:
            self.force_exit = True
        elif self._stop_at is not None:
            self.hurry()
        else:
            self._stop_at = time.monotonic() + self._linger_seconds
            self._on_linger()

    def hurry(self) -> None:
        """Stop without lingering (any longer)."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening and answer what is under way, here and beside."""
        stopping = {asyncio.ensure_future(stop()) for stop in self.beside}
        await super().shutdown(sockets)
        while stopping and not self.force_exit:
            _, stopping = await asyncio.wait(stopping, timeout=TICK_SECONDS)

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to stop, and now and then whether clients stall."""
        if counter % TICKS_BETWEEN_SWEEPS == 0:
            self._connections.sweep(time.monotonic())
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)


def make_server(
    app: App, settings: ServerSettings, on_linger: Callable[[], None], door: Door | None = None
) -> Server:
    """Return a server for `app`; it listens on the sockets that its `serve` is given.

    Without a `door` it lets everyone in.
    """
    config = ServerConfig(
        app,
        door or open_door(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    return Server(config, settings.linger_seconds, on_linger)


def listen(settings: ServerSettings) -> socket.socket:
    """Return a socket bound to the host and port. Raises SettingsError if they are taken or not ours."""
    try:
        return _bind(settings.host, settings.port)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(
            f"Can't listen on {settings.host} port {settings.port}: {reason}. "
            "Set EKIBEN_SERVER_HOST and EKIBEN_SERVER_PORT to an address of this machine that is free."
        ) from error


def share(listener: socket.socket) -> list[socket.socket]:
    """Return the listener and copies of it: as many sockets as connections should be taken in one round."""
    return [listener, *(listener.dup() for _ in range(ACCEPTORS - 1))]


def _bind(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
