"""Between gRPC's calls and the exchanges of an application."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from time import perf_counter
from typing import Any

import grpc
import grpc.aio

from bentos.core.admission import Admission
from bentos.core.asgi import App, Header, Message
from bentos.core.errors import Overloaded, RequestError
from bentos.core.exchange import CLIENT_GONE
from bentos.core.inference_protocol.endpoints import GRPC_SCHEME
from bentos.core.inference_protocol.grpc.endpoints import METHODS, PROBES
from bentos.core.inference_protocol.grpc.statuses import code_of
from bentos.core.metrics import GRPC_METHOD, Metrics

MOST_DETAIL_CHARACTERS = 500
"""Details travel among the headers, of which clients take 8 KiB, and up to twelve bytes for a character."""

_PASSED_ON = frozenset({"authorization", "traceparent", "x-api-key", "x-request-id"})
"""Metadata that mean what the header of this name means."""

_REQUEST_ID, _RETRY_AFTER = b"x-request-id", b"retry-after"

Metadata = Iterable[tuple[str, str | bytes]]
Context = Any
"""A `grpc.aio.ServicerContext`."""


class Calls(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Has an ASGI application answer the calls.

    Every method is declared to gRPC as taking a stream, of which one message is read: other methods get
    their message before the application is asked whether the caller may send one.
    """

    def __init__(self, app: App, metrics: Metrics, admission: Admission) -> None:
        self._app = app
        self._metrics = metrics
        self._admission = admission
        self._handlers = {
            method: grpc.stream_unary_rpc_method_handler(partial(self._answer, method)) for method in METHODS
        }
        self._in_flight = 0
        self.answered = 0
        """Calls that were answered since the process started."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """Return what handles a call, or None if there is no such method."""
        return self._handlers.get(handler_call_details.method)

    async def _answer(self, method: str, _messages: AsyncIterator[bytes], context: Context) -> bytes:
        call = Call(context)
        self._in_flight += 1
        try:
            if self._lets_in(method):
                await self._ask(method, call)
            else:
                call.refuse(Overloaded())
        finally:
            self._in_flight -= 1
            self.answered += 1
        if call.status != 200:
            await context.abort(code_of(call.status), call.detail(), to_metadata(call.headers))
        context.set_trailing_metadata(to_metadata(call.headers))
        return call.content

    def _lets_in(self, method: str) -> bool:
        admission = self._admission
        if not admission.rounds.is_reading:
            admission.rounds.begin(asyncio.get_running_loop())
        under_way = self._in_flight - 1
        if under_way < admission.asks_from or method in PROBES:
            return True
        reason = admission.refuses(method.encode(), under_way)
        if reason is not None:
            admission.count(reason)
        return reason is None

    async def _ask(self, method: str, call: "Call") -> None:
        started = perf_counter()
        scope = {
            "type": "http",
            "method": GRPC_METHOD,
            "path": GRPC_SCHEME + method,
            "headers": to_headers(call.metadata()),
        }
        try:
            await self._app(scope, call.receive, call.send)
        except asyncio.CancelledError:
            # gRPC ends the task when the client leaves, so the application can't count it.
            self._metrics.series(method, GRPC_METHOD).observe(CLIENT_GONE, perf_counter() - started)
            raise


class Call:
    """One call, as an ASGI application sees it."""

    __slots__ = ("_context", "content", "headers", "status")

    def __init__(self, context: Context) -> None:
        self._context = context
        self.status = 500
        self.headers: list[Header] = []
        self.content = b""

    def metadata(self) -> Metadata:
        """Return what came before the message."""
        found: Metadata = self._context.invocation_metadata() or ()
        return found

    async def receive(self) -> Message:
        """Return the message of the call as a body, once; an empty one if there is none."""
        message = await self._context.read()
        return {"type": "http.request", "body": b"" if message is grpc.aio.EOF else message}

    async def send(self, message: Message) -> None:
        """Take one part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = message["headers"]
        else:
            self.content += message["body"]

    def refuse(self, error: RequestError) -> None:
        """Take an error for the answer."""
        self.status, self.headers = error.status, list(error.headers)
        self.content = error.detail.encode()

    def detail(self) -> str:
        """Return the sentence of an error."""
        return self.content.decode()[:MOST_DETAIL_CHARACTERS]


def to_headers(metadata: Metadata) -> list[Header]:
    """Return those metadata of a call that mean something here."""
    return [
        (name.encode(), value.encode() if isinstance(value, str) else value)
        for name, value in metadata
        if name in _PASSED_ON
    ]


def to_metadata(headers: Iterable[Header]) -> tuple[tuple[str, str], ...]:
    """Return those headers of an answer that mean something to clients: the request's id, and when to try
    again (https://github.com/grpc/proposal/blob/master/A6-client-retries.md)."""
    found = []
    for name, value in headers:
        if name == _REQUEST_ID:
            found.append((name.decode(), value.decode()))
        elif name == _RETRY_AFTER:
            found.append(("grpc-retry-pushback-ms", f"{int(value) * 1000}"))
    return tuple(found)
