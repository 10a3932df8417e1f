"""A web server on loopback that says what it is told to say, and misbehaves on command."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

Query = dict[str, str]

DRIP_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    """What is said to one request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    """After so many bytes of the body the connection is closed."""
    drips: bool = False
    """The body comes byte by byte, for ever."""
    hangs: bool = False
    """Nothing comes at all until the server is closed."""


Teller = Callable[[str, Query], Answer]
"""From path and query to what is said."""


class MisbehavingWeb:
    """A running server. `told` is what it says, one after the other; the last one is said for ever."""

    def __init__(self, port: int, told: list[Answer | Teller]) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.told = told
        self.asked: list[tuple[str, Query]] = []
        self.agents: list[str] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()

    def next(self, path: str, query: Query) -> Answer:
        """Return what is said now."""
        with self._lock:
            self.asked.append((path, query))
            script = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        return script if isinstance(script, Answer) else script(path, query)


@contextmanager
def misbehaving_web(*told: Answer | Teller) -> Iterator[MisbehavingWeb]:
    """Serve until the end of the block."""

    class Handler(_Handler):
        @property
        def web(self) -> MisbehavingWeb:
            return web

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web = MisbehavingWeb(server.server_port, list(told))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def web(self) -> MisbehavingWeb:
        raise AttributeError("web")

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.web.agents.append(self.headers["user-agent"])
        answer = self.web.next(parts.path, dict(parse_qsl(parts.query)))
        self.close_connection = True
        # Callers hang up on answers that are too long or too slow.
        with contextlib.suppress(ConnectionError):
            self._say(answer)

    def _say(self, answer: Answer) -> None:
        if answer.hangs:
            self.web.closing.wait()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(2**30 if answer.drips else len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut_at])
        while answer.drips and not self.web.closing.wait(DRIP_SECONDS):
            self.wfile.write(b" ")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""
