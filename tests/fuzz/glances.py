"""Requests told by a look at their bytes: where a look says what is asked, the parser says the same, and ends
where the bytes end. If the two differed about where a request ends, the next one on a connection could be
smuggled past whoever stands in front."""

from typing import Any

import httptools

from bentos.core.glance import glance
from tests.fuzz.target import Check, Target


class _Parsed:
    """What httptools finds."""

    def __init__(self) -> None:
        self.url = b""
        self.request_id: bytes | None = None
        self.body = b""
        self.ends = 0

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-request-id":
            self.request_id = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ends += 1


def _make() -> Check:
    return _check


def _check(data: bytes) -> str:
    seen = glance(data)
    if seen is None:
        return "left to the parser"
    parsed = _Parsed()
    parser: Any = httptools.HttpRequestParser(parsed)
    try:
        parser.feed_data(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        # It answers with 400 and closes; who is refused for want of time meets that with the next request.
        return "no request to the parser"
    assert parsed.ends == 1, f"{parsed.ends} requests in what looks like one"
    assert parsed.body == data[len(data) - len(parsed.body) :]
    assert (parser.get_method(), parsed.url) == (seen.method, seen.url)
    assert (parsed.request_id or b"").strip() == (seen.request_id or b"")
    assert parser.should_keep_alive()
    assert parser.get_http_version() == "1.1"
    return "seen"


_POST = b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
TARGETS = (
    Target(
        name="glance",
        make=_make,
        seeds=(
            b"GET /api/v1/pokemon/25?a=b HTTP/1.1\r\nhost: a\r\nX-Request-ID: r-1\r\nAccept: */*\r\n\r\n",
            _POST + b"Connection: keep-alive\r\n\r\n{}",
            _POST + b"X-API-Key: k\r\n\r\n{}",
        ),
        words=(
            *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b" ", b"\t", b":", b"\x00", b"\r\n ", b"\n "),
            *(b"Content-Length: 0\r\n", b"Content-Length: 40\r\n", b"content-length:+2\r\n", b", 2", b"\x0b"),
            *(
                b"Transfer-Encoding: chunked\r\n",
                b"\nTransfer-Encoding: chunked",
                b"0\r\n\r\n",
                b"Connection: close",
            ),
            *(
                b"Upgrade: h2c\r\n",
                b"Expect: 100-continue\r\n",
                b"GET / HTTP/1.1\r\nHost: b\r\n\r\n",
                b"HTTP/1.0",
            ),
            *(b"X-Request-ID: r-2\r\n", b"Proxy-Connection: close\r\n", b"Content_Length: 9\r\n"),
        ),
    ),
)
