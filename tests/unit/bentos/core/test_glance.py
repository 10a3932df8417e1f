"""What a look at the bytes of a request tells, compared with what the parser says."""

import httptools
import pytest

from bentos.core.glance import Glance, glance

BODY = b'{"height": 1}'
POST = b"POST /api/v1/leaf?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n"


class Parsed:
    """What httptools makes of some bytes."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.request_id: bytes | None = None
        self.body_bytes = 0
        self.requests = self.whole = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(data)
        self.keeps = self.parser.should_keep_alive()
        self.asked = Glance(self.parser.get_method(), self.url, self.request_id, self.body_bytes)

    def on_message_begin(self) -> None:
        self.requests += 1

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-request-id":
            self.request_id = value
        if name.lower() == b"content-length":
            self.body_bytes = int(value)

    def on_message_complete(self) -> None:
        self.whole += 1


@pytest.mark.parametrize(
    "data",
    [
        POST + b"\r\n" + BODY,
        POST + b"X-Request-ID: Mine-1\r\n\r\n" + BODY,
        POST + b"x-request-id: Mine-1\r\nConnection: Keep-Alive\r\n\r\n" + BODY,
        POST.replace(b": 13", b":13") + b"\r\n" + BODY,
        b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nX-REQUEST-ID: m\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Other: content-length: 5\r\n\r\n",
    ],
)
def test_ordinary_requests_are_told_as_the_parser_tells_them(data: bytes) -> None:
    parsed = Parsed(data)
    assert (parsed.requests, parsed.whole, parsed.keeps) == (1, 1, True)
    assert glance(data) == parsed.asked


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        POST + b"\r\n" + BODY[:-1],
        POST + b"\r\n" + BODY + b"G",
        (POST + b"\r\n" + BODY) * 2,
        POST[:-2],
        POST + b"Content-Length: 13\r\n\r\n" + BODY,
        POST + b"Content-Length : 4\r\n\r\n" + BODY,
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + BODY,
        POST + b"Connection: close\r\n\r\n" + BODY,
        POST + b"Expect: 100-continue\r\n\r\n" + BODY,
        POST + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n" + BODY,
        b"/ " + POST + b"\r\n" + BODY,
        POST.replace(b": 13", b": +13") + b"\r\n" + BODY,
        POST.replace(b": 13", b": 1_3") + b"\r\n" + BODY,
        POST.replace(b": 13", b": " + b"9" * 5000) + b"\r\n" + BODY,
        POST.replace(b"1.1", b"1.0") + b"\r\n" + BODY,
        POST.replace(b"/api", b"/a b") + b"\r\n" + BODY,
        POST.replace(b"/api", b"http://a/") + b"\r\n" + BODY,
        b"\r\n" + POST + b"\r\n" + BODY,
        b"POST /1.1\r\nHost: HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        b"POST /\tHTTP/1.1\x0b HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\nContent-Length: 13\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\rContent-Length: 13\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_about_anything_else_nothing_is_said(data: bytes) -> None:
    assert glance(data) is None
