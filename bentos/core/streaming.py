"""Answers that come piece by piece, as server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

import msgspec

from bentos.core.asgi import Receive
from bentos.core.endpoints import HeaderEndpoint
from bentos.core.errors import InternalFailure, RequestError
from bentos.core.exchange import ClientGone, Exchange
from bentos.core.loggers import get_logger

HEARTBEAT_SECONDS = 15.0
"""Time between two comments that keep proxies from taking a quiet stream for a dead one, as the specification
advises. A client that takes nothing for this long once one is due is cut off."""

CLOSE_SECONDS = 1.0
"""Longest wait for a handler to tidy up when nobody listens to it any more."""

ERROR_EVENT = "error"
_HEARTBEAT = b":\n\n"
_UNBUFFERED = (b"x-accel-buffering", b"no")
"""Tells nginx, which buffers answers, to pass this one on as it comes."""

_log = get_logger("ekiben.streaming")


class Event(msgspec.Struct, frozen=True):
    """One piece of a streamed answer; `data` is sent as JSON under `name`, which is one line."""

    name: str
    data: Any


class StreamEndpoint(HeaderEndpoint):
    """A route that answers with events.

    What fails before the first one becomes a problem document; what fails later, a last event `error` that
    holds one. The handler's iterator is closed when the client leaves.
    """

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request. Raises ClientGone if nobody listens any more."""
        keywords = self._read(exchange)
        if exchange.scope["method"] == "HEAD":
            await exchange.reply(200, self.head, b"")
            return
        pump = asyncio.create_task(self._pump(exchange, keywords))
        gone = asyncio.create_task(_wait_until_gone(exchange.receive))
        try:
            await _watch(exchange, pump, gone)
        finally:
            await _end(pump, gone)

    async def _pump(self, exchange: Exchange, keywords: Mapping[str, Any]) -> None:
        """Send what the handler yields; one task from its beginning to its end, as time limits in it need."""
        try:
            stream = self._handler(**keywords)
            if inspect.isawaitable(stream):
                stream = await stream
            try:
                await self._pass_on(exchange, stream)
            finally:
                if isinstance(stream, AsyncGenerator):
                    await stream.aclose()
        except Exception as error:
            if not exchange.status:
                raise
            await self._pass_on_failure(exchange, error)

    async def _pass_on(self, exchange: Exchange, stream: AsyncIterator[Event]) -> None:
        async for event in stream:
            if not exchange.status:
                await self._begin(exchange)
            await self._send_event(exchange, event)
        if not exchange.status:
            await self._begin(exchange)

    async def _begin(self, exchange: Exchange) -> None:
        exchange.status = 200
        headers = [*self.head, _UNBUFFERED, (b"x-request-id", exchange.request_id)]
        await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _send_event(self, exchange: Exchange, event: Event) -> None:
        content = b"event: %b\ndata: %b\n\n" % (event.name.encode(), self._encode(event.data))
        await _send(exchange, content)

    async def _pass_on_failure(self, exchange: Exchange, error: Exception) -> None:
        """Say in the stream that it failed, and count the request as failed although 200 went out."""
        if not isinstance(error, RequestError):
            _log.error("A stream failed", path=exchange.scope["path"], exc_info=error)
            error = InternalFailure()
        exchange.status = error.status
        await self._send_event(exchange, Event(ERROR_EVENT, error.problem(exchange.scope["path"])))


async def _watch(exchange: Exchange, pump: asyncio.Task[None], gone: asyncio.Task[None]) -> None:
    """Wait until all is sent, with a sign of life now and then. Raises ClientGone, or what the handler raised
    before its first event."""
    while not pump.done():
        await asyncio.wait({pump, gone}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            raise ClientGone
        if exchange.status and not pump.done():
            await _send_in_time(exchange, _HEARTBEAT)
    pump.result()
    await _send_in_time(exchange, b"", more=False)


async def _send_in_time(exchange: Exchange, content: bytes, more: bool = True) -> None:
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            await _send(exchange, content, more)
    except TimeoutError:
        raise ClientGone from None


async def _send(exchange: Exchange, content: bytes, more: bool = True) -> None:
    await exchange.send({"type": "http.response.body", "body": content, "more_body": more})


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Stop what still runs. A handler that does not let itself be stopped is left behind."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
    for task in tasks:
        if task.done() and not task.cancelled():
            # It was passed on, or has nobody left to hear it; asyncio warns of errors that nobody asks for.
            task.exception()
