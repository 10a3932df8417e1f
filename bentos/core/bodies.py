"""Read a request's body, within a bound and a time."""

import asyncio
from typing import TypeVar

from bentos.core.asgi import Receive
from bentos.core.direct import take_body
from bentos.core.errors import BodyTooLarge, MalformedBody
from bentos.core.exchange import ClientGone, Exchange

DRAIN_LIMIT_BYTES = 64 * 1024 * 1024
"""A body that is too large is still taken from the network up to here and thrown away, because a client
that is cut off while it sends does not see why. Beyond it the connection is closed."""

READ_SECONDS = 30.0
"""How long the rest of a body may take once its first part is here; a client that stalls is cut off."""


_Error = TypeVar("_Error", BodyTooLarge, MalformedBody)


async def read_body(exchange: Exchange, limit_bytes: int) -> bytes:
    """Return the whole body.

    Raises BodyTooLarge beyond `limit_bytes`, MalformedBody if it does not arrive in time, ClientGone if the
    client leaves.
    """
    body = take_body(exchange.receive, limit_bytes)
    if body is not None:
        return body
    declared = exchange.headers.get(b"content-length")
    if declared is not None and int(declared) > limit_bytes:
        raise await _refuse(exchange, limit_bytes, received_bytes=0)
    body, more = await _read_part(exchange.receive)
    if more or len(body) > limit_bytes:
        return await _read_rest(exchange, body, limit_bytes, more)
    return body


async def _read_rest(exchange: Exchange, body: bytes, limit_bytes: int, more: bool) -> bytes:
    parts, size = [body], len(body)
    try:
        async with asyncio.timeout(READ_SECONDS):
            while more and size <= limit_bytes:
                part, more = await _read_part(exchange.receive)
                parts.append(part)
                size += len(part)
    except TimeoutError:
        raise _cut(MalformedBody(f"The body did not arrive within {READ_SECONDS:.0f} seconds.")) from None
    if size > limit_bytes:
        raise await _refuse(exchange, limit_bytes, size, more)
    return b"".join(parts)


async def _refuse(
    exchange: Exchange, limit_bytes: int, received_bytes: int, more: bool = True
) -> BodyTooLarge:
    """Return the error to raise, once it is safe to answer.

    What is left of a body of known length, the server throws away after the answer. One without an announced
    end is thrown away here, to know whether it has one.
    """
    error = BodyTooLarge(limit_bytes)
    declared = exchange.headers.get(b"content-length")
    if declared is not None:
        return _cut(error) if int(declared) > DRAIN_LIMIT_BYTES else error
    try:
        async with asyncio.timeout(READ_SECONDS):
            while more and received_bytes <= DRAIN_LIMIT_BYTES:
                part, more = await _read_part(exchange.receive)
                received_bytes += len(part)
    except TimeoutError:
        more = True
    return _cut(error) if more else error


async def _read_part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), bool(message.get("more_body"))


def _cut(error: _Error) -> _Error:
    error.headers = (*error.headers, (b"connection", b"close"))
    return error
