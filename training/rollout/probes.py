"""The reconciler's own HTTP port: metrics, and whether it is alive and at work."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from bentos.core.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

Question = Callable[[], bool]
"""Asked for every probe."""


class _Handler(WSGIRequestHandler):
    """Says nothing: probes are not worth a line."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each request in a thread, on both families of addresses where the machine has both."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, without asking a name server for the machine's name as the standard library does."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "reconciler", self.server_address[1]
        self.setup_environ()


class _DualServer(_Server):
    address_family = socket.AF_INET6


@contextmanager
def serving_probes(
    host: str, port: int, registry: CollectorRegistry, is_alive: Question, is_ready: Question
) -> Iterator[int]:
    """Answer `/metrics`, `/livez` and `/readyz` meanwhile; yield the port, which 0 leaves to the system.

    An empty host means every address of the machine. Raises SettingsError if the port is taken.
    """
    server = _listen(host, port)
    server.set_app(_make_app(registry, {"/livez": is_alive, "/readyz": is_ready}))
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _make_app(registry: CollectorRegistry, probes: Mapping[str, Question]) -> Any:
    metrics = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: "StartResponse") -> Any:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return metrics(environ, start_response)
        if path not in probes:
            status, content = "404 Not Found", b"not found\n"
        elif probes[path]():
            status, content = "200 OK", b"ok\n"
        else:
            status, content = "503 Service Unavailable", b"not ok\n"
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
        return [content]

    return answer


def _listen(host: str, port: int) -> _Server:
    kind = _DualServer if not host and socket.has_dualstack_ipv6() else _Server
    try:
        return kind((host, port), _Handler)
    except OSError as error:
        raise SettingsError(
            f"Can't listen on port {port}: {error.strerror}. --port names another."
        ) from error
