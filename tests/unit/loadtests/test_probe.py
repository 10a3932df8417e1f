"""Before any load, somebody has to answer as they should."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loadtests.errors import HostSilent
from loadtests.probe import require_answer, warm_up
from loadtests.settings import read_settings

KEY = "open sesame"

Answer = Callable[[str, Message], int]


@contextmanager
def _answering(answer: Answer) -> Iterator[str]:
    """A server that answers with the status that `answer` gives for a path and headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response_only(answer(self.path, self.headers))
            self.send_header("content-length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_service_that_takes_the_key_is_ready() -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(path: str, headers: Message) -> int:
        seen.append((path, headers["x-api-key"]))
        return 200

    with _answering(answer) as url:
        require_answer(url, read_settings(api_key=KEY), wait_seconds=0)
        require_answer(url, read_settings(), wait_seconds=0)
    assert seen == [("/api/v1/pokemon", KEY), ("/api/v1/pokemon", None)]


@pytest.mark.parametrize(("status", "message"), [(401, "API key"), (503, "gives 503"), (302, "gives 302")])
def test_another_status_says_what_is_wrong(status: int, message: str) -> None:
    with _answering(lambda *_: status) as url, pytest.raises(HostSilent, match=message):
        require_answer(url, read_settings(), wait_seconds=0)


def test_a_service_that_becomes_ready_is_waited_for() -> None:
    statuses = [503, 200]
    with _answering(lambda *_: statuses.pop(0)) as url:
        require_answer(url, read_settings(), wait_seconds=60)
    assert statuses == []


def test_nobody_there_is_said_and_warming_up_leaves_it_to_the_load() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(HostSilent, match="refused"):
        require_answer(url, read_settings(), wait_seconds=0)
    warm_up(url, read_settings())


def test_warming_up_asks_for_one_batch() -> None:
    paths: list[str] = []

    def answer(path: str, _: Message) -> int:
        paths.append(path)
        return 200

    with _answering(answer) as url:
        warm_up(url, read_settings())
    assert paths == ["/api/v1/predict/battles"]
