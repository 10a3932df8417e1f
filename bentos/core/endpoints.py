"""What stands behind a path: something that serves an exchange."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from bentos.core.decoding import BodyDecoder
from bentos.core.errors import (
    MOST_ECHOED,
    MethodNotAllowed,
    RequestError,
    UnknownResource,
)
from bentos.core.exchange import CURRENT, Exchange
from bentos.core.headers import Head
from bentos.core.json_bodies import INLINE_BODY_BYTES, has_large_body, read_json, require_json_body
from bentos.core.loggers import get_logger
from bentos.core.metrics import Metrics, Predictions, Series
from bentos.core.parameters import read_headers, read_path, read_query
from bentos.core.routing import Handler, Route
from bentos.core.workers import Workers

_log = get_logger("ekiben.endpoints")

Content = bytes | Exception | None
"""What becomes of a request where it is read: the content of its answer, an error, or nothing yet."""

Outcomes = Callable[[Any], Iterable[tuple[str, float]]]


class Endpoint(Protocol):
    """Serves the exchanges of one path and method; `public` ones ask for no key."""

    series: Series
    public: bool

    async def serve(self, exchange: Exchange) -> None:
        """Answer. Raises RequestError for what is to become a problem document."""
        ...


class QuickEndpoint(Endpoint, Protocol):
    """Serves whole requests where they are read. `most_at_once_bytes` is the largest body of such a one;
    `takes_query` says whether it may have a query."""

    method: bytes
    head: Head
    most_at_once_bytes: int
    takes_query: bool

    def read(self, exchange: Exchange, body: bytes) -> Any:
        """Return what the request says. Raises RequestError."""
        ...

    def answer_together(self, requests: "Sequence[Handled]") -> list[Content]:
        """Return what becomes of each of some requests that were read."""
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
        self.method = route.method.encode()

    def _attempt(self, handled: "Handled", handler: Handler, /, *arguments: Any, **keywords: Any) -> Content:
        """Return what becomes of a request whose handler does not wait."""
        CURRENT.set(handled.exchange)
        try:
            return self._finish(handler(*arguments, **keywords))
        except Exception as error:
            return error

    def _finish(self, answer: Any) -> Content:
        if answer is None or isinstance(answer, RequestError):
            return answer
        if self._outcomes is not None:
            self._metrics.predictions.count(self._outcomes(answer))
        return self._encode(answer)

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

    takes_query = False

    def __init__(self, route: Route, metrics: Metrics, workers: Workers, head: Head) -> None:
        super().__init__(route, metrics, workers, head)
        self._decode = BodyDecoder(route.body)
        self._limit_bytes = route.body_limit_bytes
        self._together = route.together
        self.answers_at_once = self.is_quick
        self.most_at_once_bytes = min(route.body_limit_bytes, INLINE_BODY_BYTES)
        """A larger body takes the long way."""

    def read(self, exchange: Exchange, body: bytes) -> Any:
        """Return the request in a whole body. Raises RequestError."""
        require_json_body(exchange, body)
        return self._decode(body)

    def answer_together(self, requests: Sequence["Handled"]) -> list[Content]:
        """Return what becomes of each of some requests for a quick route."""
        if self._together is not None and len(requests) > 1:
            CURRENT.set(None)
            try:
                answers = self._together([one.request for one in requests])
                if len(answers) != len(requests):
                    raise ValueError(f"{len(requests)} requests were given {len(answers)} answers.")
                return [self._finish(answer) for answer in answers]
            except Exception:
                _log.exception("Requests could not be handled together; each is handled alone")
        return [self._attempt(one, self._handler, one.request) for one in requests]

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
        return self._work(self._decode.in_pieces(body))


class ParameterEndpoint(RouteEndpoint):
    """A route whose handler gets the parameters of the path and of the query as keywords."""

    takes_query = True

    def __init__(self, route: Route, metrics: Metrics, workers: Workers, head: Head) -> None:
        super().__init__(route, metrics, workers, head)
        self._path_parameters = route.path_parameters
        self._query_parameters = route.query_parameters
        self._ready = route.handler if self.is_quick else route.ready
        self.answers_at_once = self._ready is not None and not route.streams
        self.most_at_once_bytes = 0

    def read(self, exchange: Exchange, _body: bytes) -> dict[str, Any]:
        """Return the parameters of a request. Raises RequestError."""
        return self._read(exchange)

    def answer_together(self, requests: Sequence["Handled"]) -> list[Content]:
        """Return what becomes of each of some requests; None of one whose handler has to wait."""
        if self._ready is None:
            return [None] * len(requests)
        return [self._attempt(one, self._ready, **one.request) for one in requests]

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
