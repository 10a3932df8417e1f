"""The HTTP client under the providers' libraries: short answers only, from the address that was asked."""

import math
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from email.utils import parsedate_to_datetime
from functools import cache

import httpx2

from bentos.analyst.providers.base import Failure
from bentos.core.exchange import CURRENT

MOST_ANSWER_BYTES = 256 * 1024
"""Longest answer that is read. Two sentences, streamed word by word in JSON, take a fifth of it."""

CONNECT_SECONDS = 3.0
"""Longest wait for a connection; a server that is there takes one at once."""


class AnswerTooLong(Exception):
    """A server sent more than anybody asked for, or packed it so that its length can't be seen."""


class _Capped(httpx2.AsyncByteStream):
    """The bytes of an answer, as long as there are not too many."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen_bytes = 0
        async for part in self._stream:
            seen_bytes += len(part)
            if seen_bytes > MOST_ANSWER_BYTES:
                raise AnswerTooLong
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _cap(response: httpx2.Response) -> None:
    # A few packed bytes can become gigabytes; we ask for none, so an honest server sends none.
    if response.headers.get("content-encoding", "identity") != "identity":
        raise AnswerTooLong
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Capped(response.stream)


def make_http_client(timeout_seconds: float) -> httpx2.AsyncClient:
    """Return a client that follows no redirect, so that a key goes nowhere else, and raises AnswerTooLong
    instead of reading a huge answer. `timeout_seconds` is the longest pause between two bytes."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_cap]},
        follow_redirects=False,
        verify=trusted(),
    )


@cache
def trusted() -> ssl.SSLContext:
    """Return whom clients trust. Reading all certificates takes long, so it is done once."""
    return httpx2.create_ssl_context()


def failure_of_status(status: int) -> Failure:
    """Return what an HTTP status that is no success means."""
    if status == 429:
        return "rate_limited"
    return "server" if status >= 500 else "refused"


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks to wait, given as a number or as a date (RFC 9110, 10.2.3).
    None if it is absent, makes no sense or is over."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_until(text)
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def trace_headers() -> dict[str, str]:
    """Return the headers that make a call part of the trace of the request that it is made for, if any."""
    exchange = CURRENT.get()
    if exchange is None:
        return {}
    return {"traceparent": exchange.trace.traceparent(), "X-Request-ID": exchange.request_id.decode()}


def _seconds_until(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0.0
