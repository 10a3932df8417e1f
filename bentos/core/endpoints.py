"""What stands behind a path: something that serves an exchange."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
import structlog

from bentos.core.bodies import read_body
from bentos.core.decoding import BodyDecoder
from bentos.core.errors import (
    MOST_ECHOED,
    MethodNotAllowed,
    RequestError,
    UnknownResource,
    UnsupportedMediaType,
)
from bentos.core.exchange import CURRENT, Exchange
from bentos.core.headers import Head
from bentos.core.metrics import Metrics, Predictions, Series
from bentos.core.parameters import read_headers, read_path, read_query
from bentos.core.routing import Handler, Route
from bentos.core.workers import Workers

JSON_TYPES = frozenset(
    {
        b"application/json",
        b"application/json; charset=utf-8",
        b"application/json;charset=utf-8",
        b"application/json; charset=UTF-8",
    }
)

UNDECLARED = "The request has a body but no Content-Type; send application/json."

INLINE_BODY_BYTES = 4096
"""A larger body, unless its handler is known to be quick, is not even decoded on the event loop."""

_log = structlog.get_logger("ekiben.endpoints")

Outcomes = Callable[[Any], Iterable[tuple[str, float]]]


class Endpoint(Protocol):
    """Serves the exchanges of one path and method; `public` ones ask for no key."""

    series: Series
    public: bool

    async def serve(self, exchange: Exchange) -> None:
        """Answer. Raises RequestError for what is to become a problem document."""
        ...


class Handled(NamedTuple):
    """One of several requests that are handled together, and its place among all that are answered."""

    place: int
    exchange: Exchange
    request: Any


class RouteEndpoint:
    """A route of a model service. Subclasses say where the handler's arguments come from."""

    public = False

    def __init__(self, route: Route, metrics: Metrics, workers: Workers, head: Head) -> None:
        self.series = metrics.series(route.path, route.method)
        self._handler: Handler = route.handler
        self.head = head
        self._encode = msgspec.json.Encoder().encode
        self._outcomes = route.outcomes
        self._metrics = metrics
        self._workers = workers
        self._offload = route.offload
        self.is_quick = route.offload is False and not inspect.iscoroutinefunction(route.handler)

    async def _answer_slowly(self, exchange: Exchange, *arguments: Any, **keywords: Any) -> None:
        """Call a handler that is not known to be quick where it belongs, and send what it returns."""
        if inspect.iscoroutinefunction(self._handler):
            await self._send(exchange, await self._handler(*arguments, **keywords))
        elif self._offload(*arguments, **keywords) if callable(self._offload) else self._offload:
            content, predictions = await self._workers.run(self._work, *arguments, **keywords)
            await exchange.reply(200, self.head, content)
            self._metrics.predictions.merge(predictions)
        else:
            await self._send(exchange, self._handler(*arguments, **keywords))

    async def _send(self, exchange: Exchange, answer: Any) -> None:
        await exchange.reply(200, self.head, self._encode(answer))
        if self._outcomes is not None:
            self._metrics.predictions.count(self._outcomes(answer))

    def _work(self, *arguments: Any, **keywords: Any) -> tuple[bytes, Predictions]:
        """Do in a worker thread all that takes longer the larger the answer is."""
        answer = self._handler(*arguments, **keywords)
        predictions = Predictions()
        if self._outcomes is not None:
            predictions.count(self._outcomes(answer))
        return self._encode(answer), predictions


class BodyEndpoint(RouteEndpoint):
    """A route whose handler gets the decoded body."""

    def __init__(self, route: Route, metrics: Metrics, workers: Workers, head: Head) -> None:
        super().__init__(route, metrics, workers, head)
        self._decode = BodyDecoder(route.body)
        self._limit_bytes = route.body_limit_bytes
        self._together = route.together
        self.most_at_once_bytes = min(route.body_limit_bytes, INLINE_BODY_BYTES)
        """A larger body is not decoded on the event loop."""

    def read(self, exchange: Exchange, body: bytes) -> Any:
        """Return the request in a whole body. Raises RequestError."""
        require_json_body(exchange, body)
        return self._decode(body)

    def answer_together(self, requests: Sequence["Handled"]) -> list[bytes | Exception]:
        """Return the content of the answer to each of some requests for a quick route, or its error."""
        if self._together is not None and len(requests) > 1:
            CURRENT.set(None)
            try:
                return [self._finish(answer) for answer in self._together([one.request for one in requests])]
            except Exception:
                _log.exception("Requests could not be handled together; each is handled alone")
        return [self._answer_alone(one) for one in requests]

    def _answer_alone(self, handled: "Handled") -> bytes | Exception:
        CURRENT.set(handled.exchange)
        try:
            return self._finish(self._handler(handled.request))
        except Exception as error:
            return error

    def _finish(self, answer: Any) -> bytes | Exception:
        if isinstance(answer, RequestError):
            return answer
        if self._outcomes is not None:
            self._metrics.predictions.count(self._outcomes(answer))
        return self._encode(answer)

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        if self._offload and has_large_body(exchange):
            async with self._workers.place():
                body = await read_json(exchange, self._limit_bytes)
                content, predictions = await self._workers.run_in_place(self._decode_and_work, body)
            await exchange.reply(200, self.head, content)
            self._metrics.predictions.merge(predictions)
            return
        request = self._decode(await read_json(exchange, self._limit_bytes))
        if self.is_quick:
            await self._send(exchange, self._handler(request))
        else:
            await self._answer_slowly(exchange, request)

    def _decode_and_work(self, body: bytes) -> tuple[bytes, Predictions]:
        return self._work(self._decode(body))


class ParameterEndpoint(RouteEndpoint):
    """A route whose handler gets the parameters of the path and of the query as keywords."""

    def __init__(self, route: Route, metrics: Metrics, workers: Workers, head: Head) -> None:
        super().__init__(route, metrics, workers, head)
        self._path_parameters = route.path_parameters
        self._query_parameters = route.query_parameters

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        keywords = self._read(exchange)
        if self.is_quick:
            await self._send(exchange, self._handler(**keywords))
        else:
            await self._answer_slowly(exchange, **keywords)

    def _read(self, exchange: Exchange) -> dict[str, Any]:
        return {
            **read_path(exchange.path_values, self._path_parameters),
            **read_query(exchange.scope.get("query_string", b""), self._query_parameters),
        }


class HeaderEndpoint(ParameterEndpoint):
    """A route whose handler gets headers as well."""

    def __init__(self, route: Route, metrics: Metrics, workers: Workers, head: Head) -> None:
        super().__init__(route, metrics, workers, head)
        self._header_parameters = route.header_parameters

    def _read(self, exchange: Exchange) -> dict[str, Any]:
        return {**super()._read(exchange), **read_headers(exchange.headers, self._header_parameters)}


class HeadEndpoint:
    """Answers HEAD as GET is answered; the exchange leaves out the content."""

    def __init__(self, get: Endpoint, series: Series) -> None:
        self.series = series
        self.public = get.public
        self.serve = get.serve


class OptionsEndpoint:
    """Says which methods a path takes."""

    def __init__(self, allowed: str, series: Series, public: bool, head: Head) -> None:
        self.series = series
        self.public = public
        self._head = head
        self._allow = (b"allow", allowed.encode())

    async def serve(self, exchange: Exchange) -> None:
        """Answer without content."""
        await exchange.reply(204, self._head, b"", (self._allow,))


class RefusingEndpoint:
    """Answers every exchange with the same kind of error."""

    def __init__(
        self, refuse: Callable[[Exchange], RequestError], series: Series, public: bool = False
    ) -> None:
        self.series = series
        self.public = public
        self._refuse = refuse

    async def serve(self, exchange: Exchange) -> None:
        """Raise the error."""
        raise self._refuse(exchange)


def refuse_method(exchange: Exchange, allowed: Iterable[str]) -> MethodNotAllowed:
    """Return the error for a method that the path does not take."""
    return MethodNotAllowed(exchange.scope["method"], tuple(allowed))


def refuse_path(exchange: Exchange) -> UnknownResource:
    """Return the error for a path that leads nowhere."""
    return UnknownResource(f"No resource has the path {exchange.scope['path'][:MOST_ECHOED]!r}.")


def has_large_body(exchange: Exchange) -> bool:
    """Return whether the body is too large for the event loop, or comes without its size."""
    declared = exchange.headers.get(b"content-length")
    return declared is None or int(declared) > INLINE_BODY_BYTES


async def read_json(exchange: Exchange, limit_bytes: int) -> bytes:
    """Return the body's bytes, which are declared to be JSON.

    Raises UnsupportedMediaType for any other Content-Type, and for none with a body: browsers send those from
    any page without asking first. Raises what `read_body` raises.
    """
    declared = require_declared_json(exchange)
    body = await read_body(exchange, limit_bytes)
    if declared is None and body:
        raise UnsupportedMediaType(UNDECLARED)
    return body


def require_json_body(exchange: Exchange, body: bytes) -> None:
    """Raise UnsupportedMediaType unless this body is declared to be JSON."""
    if require_declared_json(exchange) is None and body:
        raise UnsupportedMediaType(UNDECLARED)


def require_declared_json(exchange: Exchange) -> bytes | None:
    """Return the Content-Type. Raises UnsupportedMediaType if it is none of JSON, or if the body is
    compressed."""
    declared = exchange.headers.get(b"content-type")
    if declared not in JSON_TYPES and declared is not None:
        require_json(declared)
    if exchange.headers.get(b"content-encoding", b"identity") != b"identity":
        raise UnsupportedMediaType("Compressed bodies are not read; send it without Content-Encoding.")
    return declared


def require_json(declared: bytes) -> None:
    """Raise UnsupportedMediaType unless this Content-Type is JSON in UTF-8, be it oddly written."""
    media_type, *parameters = (part.strip().lower() for part in declared.decode("latin-1").split(";"))
    written = media_type[:100]
    if media_type != "application/json":
        raise UnsupportedMediaType(f"Content-Type {written!r} is not application/json.")
    for parameter in filter(None, parameters):
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedMediaType(f"JSON is UTF-8, not {value[:100]!r}.")
