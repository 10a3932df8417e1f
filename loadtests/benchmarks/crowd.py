"""Connections that take a place and ask for nothing, and some that send their request a byte at a time."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from loadtests.benchmarks.fairness import LIVE_PATH
from loadtests.benchmarks.sampler import Sampler
from loadtests.benchmarks.servers import HOST, Server

SLOW_PAUSE_SECONDS = 1.0
CONNECT_SECONDS = 10.0
CHUNK_BYTES = 65_536


class Crowd:
    """So many idle connections, each of which was answered once, and so many slow ones."""

    def __init__(self, server: Server, path: str, idle: int, slow: int) -> None:
        self._server = server
        self._path = path
        self.idle: list[socket.socket] = []
        self.slow: list[socket.socket] = []
        self._counts = idle, slow
        self._dripping = Sampler(self._drip, SLOW_PAUSE_SECONDS)

    def __enter__(self) -> Self:
        idle, slow = self._counts
        self.idle = [self._open_idle() for _ in range(idle)]
        self.slow = [self._open_slow() for _ in range(slow)]
        self._dripping.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._dripping.__exit__()
        for one in (*self.idle, *self.slow):
            one.close()

    def _open_idle(self) -> socket.socket:
        connected = self._connect()
        connected.sendall(f"GET {LIVE_PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        connected.recv(CHUNK_BYTES)
        connected.setblocking(False)
        return connected

    def _open_slow(self) -> socket.socket:
        """Send everything but the body."""
        connected = self._connect()
        head = f"POST {self._path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n"
        key = f"X-API-Key: {self._server.key}\r\n" if self._server.key else ""
        connected.sendall(f"{head}{key}Content-Type: application/json\r\n\r\n".encode())
        connected.setblocking(False)
        return connected

    def _connect(self) -> socket.socket:
        return socket.create_connection((HOST, self._server.port), CONNECT_SECONDS)

    def _drip(self) -> None:
        for one in self.slow:
            with suppress(OSError):
                one.send(b" ")


def count_open(connections: Sequence[socket.socket]) -> int:
    """Return how many of these, which don't block, the server has not closed."""
    return sum(_is_open(one) for one in connections)


def _is_open(connection: socket.socket) -> bool:
    try:
        while connection.recv(CHUNK_BYTES):
            continue
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
