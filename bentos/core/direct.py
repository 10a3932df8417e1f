"""The short way between an answer and its connection.

A whole answer with headers that were encoded before is one write. uvicorn's own way takes two messages, looks
at every header with regular expressions and encodes them anew each time, which costs as much as reading the
request. What its `RequestResponseCycle` does beside that is done here as it does it, so this follows the one
release that is pinned; `tests/unit/bentos/core/test_direct.py` notices another one. Under any other server,
and wherever an answer is not simply due, nothing is done here and the caller goes the ordinary way.
"""

from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bentos.core.asgi import Header, Receive, Send
from bentos.core.headers import CLOSE, Head, encode_headers

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

CYCLE = ("uvicorn.protocols.http.httptools_impl", "RequestResponseCycle")
"""What `send` and `receive` are methods of, where they are uvicorn's. It is known by its name because
processes without a server import this too."""


class _Encoded:
    """The headers that uvicorn adds to every answer: the date, in a list that is replaced every second."""

    headers: Sequence[Header] = ()
    lines = b""


def encode_answer(
    status: int, more: Sequence[Header], head: Head, content: bytes, request_id: bytes, closes: bool = False
) -> bytes:
    """Return a whole answer of HTTP/1.1. `more` is the same object as long as it is the same; `closes` says
    that the connection ends, if `head` does not say so already."""
    if more is not _Encoded.headers:
        _Encoded.headers, _Encoded.lines = more, encode_headers(more)
    return b"%b%b%bcontent-length: %d\r\nx-request-id: %b\r\n%b\r\n%b" % (
        _status_line(status),
        _Encoded.lines,
        head.encoded,
        len(content),
        request_id,
        CLOSE if closes and not head.closes else b"",
        content,
    )


def write_directly(
    send: Send, status: int, head: Sequence[Header], content: bytes, request_id: bytes
) -> bool:
    """Write a whole answer if that is possible; return whether it was.

    It is not if `head` is no encoded one, if the answer has begun, if the client is gone or does not keep up,
    for HEAD, and for any `send` but uvicorn's. `request_id` goes out as it is, so it is known to be sound.
    """
    cycle = _cycle_of(send)
    if cycle is None or not isinstance(head, Head) or not _is_due(cycle):
        return False
    if head.closes:
        cycle.keep_alive = False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(
        encode_answer(status, cycle.default_headers, head, content, request_id, not cycle.keep_alive)
    )
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def take_body(receive: Receive, limit_bytes: int) -> bytes | None:
    """Return the whole body if it is here already and within the limit, None if the caller has to ask for it.

    After this `receive` waits until the client is gone, as it does after a whole body.
    """
    cycle = _cycle_of(receive)
    if cycle is None or cycle.more_body or cycle.disconnected or cycle.response_complete:
        return None
    if cycle.waiting_for_100_continue or len(cycle.body) > limit_bytes:
        return None
    body = bytes(cycle.body)
    cycle.body = bytearray()
    cycle.flow.resume_reading()
    cycle.message_event.clear()
    return body


def _cycle_of(method: Any) -> "RequestResponseCycle | None":
    cycle = getattr(method, "__self__", None)
    kind = type(cycle)
    return cycle if (kind.__module__, kind.__qualname__) == CYCLE else None


@cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


def _is_due(cycle: "RequestResponseCycle") -> bool:
    return not (
        cycle.response_started
        or cycle.disconnected
        or cycle.flow.write_paused
        or cycle.access_log
        or cycle.scope["method"] == "HEAD"
    )
