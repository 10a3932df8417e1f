"""Questions to public web servers, which may be slow, broken, enormous or hostile."""

import asyncio
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx
import stamina

Failure = Literal["timeout", "connection", "rate_limited", "server", "refused", "bad_answer"]
"""Why a source gave nothing: too slow; no connection, or it broke; 429; 5xx; any other status, or a redirect
to another host; an answer that is none (no JSON, wrong shape, far too long)."""

RETRIED: frozenset[Failure] = frozenset({"timeout", "connection", "rate_limited", "server"})
"""What may be over a moment later."""

MOST_BYTES = 2 * 2**20
"""Longest answer that is read; a thousand candles take a tenth of it, and so does a usual feed."""
MOST_REDIRECTS = 3
HIGHEST_PORT = 65535
LONGEST_PAUSE_SECONDS = 30.0
"""A server that asks for a longer pause than this is left alone until the next run."""


class SourceFailed(Exception):
    """A source gave nothing. `retry_after_seconds` is the pause that it asked for, if it did."""

    def __init__(
        self, source: str, failure: Failure, detail: str, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(f"{source}: {failure}: {detail}")
        self.source = source
        self.failure = failure
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


class Fetcher:
    """Fetches what sources publish. One is made for a run, and closed by leaving it as a context."""

    def __init__(self, timeout_seconds: float, attempts: int) -> None:
        self._timeout_seconds = timeout_seconds
        self._attempts = attempts
        self._client = httpx.AsyncClient(
            timeout=timeout_seconds,
            headers={
                "user-agent": "ekiben-collector",
                "accept": "application/json, application/rss+xml, */*;q=0.5",
            },
        )

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def fetch(self, source: str, url: str, params: Mapping[str, str] | None = None) -> bytes:
        """Return the body of the answer to a GET, after some attempts if need be. Raises SourceFailed."""
        retries = stamina.retry_context(
            on=_pause, attempts=self._attempts, timeout=None, wait_initial=0.5, wait_max=10.0, wait_jitter=1.0
        )
        async for attempt in retries:
            with attempt:
                return await self._fetch_once(source, url, params)
        raise AssertionError  # The last attempt returns or raises.

    async def _fetch_once(self, source: str, url: str, params: Mapping[str, str] | None) -> bytes:
        try:
            # httpx limits the wait for each piece; a server that drips is stopped by this one.
            async with asyncio.timeout(self._timeout_seconds):
                return await self._follow(source, httpx.URL(url, params=params))
        except (TimeoutError, httpx.TimeoutException) as error:
            detail = f"no whole answer within {self._timeout_seconds:g} s"
            raise SourceFailed(source, "timeout", detail) from error
        except httpx.InvalidURL as error:
            raise SourceFailed(source, "refused", f"{url} is no address") from error
        except httpx.HTTPError as error:
            raise SourceFailed(source, "connection", type(error).__name__) from error

    async def _follow(self, source: str, url: httpx.URL) -> bytes:
        for _ in range(MOST_REDIRECTS + 1):
            # httpx takes higher ones, and the socket then breaks in its own way.
            if (url.port or 0) > HIGHEST_PORT:
                raise SourceFailed(source, "refused", f"there is no port {url.port}")
            async with self._client.stream("GET", url) as response:
                if response.next_request is None:
                    return await _take(source, response)
                url = _same_host(source, url, response.next_request.url)
        raise SourceFailed(source, "refused", f"more than {MOST_REDIRECTS} redirects")


def _same_host(source: str, url: httpx.URL, target: httpx.URL) -> httpx.URL:
    """Return the target of a redirect. A source that sends us to other hosts, such as those inside of our own
    network, is not followed."""
    is_same = (target.scheme, target.port) == (url.scheme, url.port)
    if target.host == url.host and (is_same or target.scheme == "https"):
        return target
    raise SourceFailed(source, "refused", "it sends us to another host")


async def _take(source: str, response: httpx.Response) -> bytes:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise SourceFailed(source, "rate_limited", "status 429", _retry_after(response))
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise SourceFailed(source, "server", f"status {status}", _retry_after(response))
    if status != httpx.codes.OK:
        raise SourceFailed(source, "refused", f"status {status}")
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise SourceFailed(source, "bad_answer", f"more than {MOST_BYTES} bytes")
    return bytes(body)


def _retry_after(response: httpx.Response) -> float | None:
    """Return the pause in `Retry-After`, which is a number of seconds or a date (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "")
    try:
        seconds = float(value) if value[:1].isdigit() else _seconds_until(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(date: str) -> float:
    moment = parsedate_to_datetime(date)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def _pause(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after how many seconds if the server said so."""
    if not isinstance(error, SourceFailed) or error.failure not in RETRIED:
        return False
    asked = error.retry_after_seconds
    if asked is None:
        return True
    return asked if asked <= LONGEST_PAUSE_SECONDS else False
