"""How soon a stream begins."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loadtests.benchmarks.streams import measure_stream


@contextmanager
def streaming(events: bytes, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Serve these events; yield the address, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(events)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_first_byte_comes_before_the_first_sentence_and_the_writer_is_known() -> None:
    events = b'event: facts\ndata: {}\n\nevent: text\ndata: {}\n\nevent: verdict\ndata: {"source": "llm"}\n\n'
    with streaming(events) as (url, asked):
        moments = measure_stream(url, 77)
    assert asked == ["/price-analysis/stream?limit=77"]
    assert moments.sentence_seconds is not None
    assert 0 < moments.byte_seconds <= moments.sentence_seconds
    assert moments.source == "llm"


def test_stream_without_a_sentence_has_no_time_of_it() -> None:
    with streaming(b'event: verdict\ndata: {"source": "fallback"}\n\n') as (url, _):
        assert measure_stream(url, 77).sentence_seconds is None


def test_stream_without_a_verdict_is_an_error() -> None:
    with streaming(b"event: facts\ndata: {}\n\n") as (url, _), pytest.raises(RuntimeError, match="77 closes"):
        measure_stream(url, 77)


def test_refusal_is_an_error() -> None:
    with streaming(b"no", 503) as (url, _), pytest.raises(RuntimeError, match="503: b'no'"):
        measure_stream(url, 77)
