"""A service in front of a real one that passes everything on, and answers single battles wrongly."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIE_ABOUT = "/api/v1/predict/battle"


@contextmanager
def lying_proxy(port: int) -> Iterator[int]:
    """Serve until the end of the block in front of a service on this port; gives the proxy's own port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.request(self.command, self.path, body or None, dict(self.headers.items()))
                answer = connection.getresponse()
                self._answer(answer, answer.read())
            finally:
                connection.close()

        def _answer(self, answer: http.client.HTTPResponse, content: bytes) -> None:
            content = _lie(content) if self.path == LIE_ABOUT and answer.status == 200 else content
            self.send_response_only(answer.status)
            for name in ("content-type", "x-request-id"):
                self.send_header(name, answer.headers[name])
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _lie(content: bytes) -> bytes:
    answer = json.loads(content)
    answer["pokemon_2_win_probability"] /= 2
    return json.dumps(answer).encode()
