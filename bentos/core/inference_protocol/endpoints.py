"""What answers under `/v2`. One process has one model, so its paths are exact ones; every other path under
`/v2/` is refused in the protocol's own form."""

from collections.abc import Callable, Sequence
from functools import partial

from bentos.core.asgi import Header
from bentos.core.bodies import read_body
from bentos.core.content import ContentEndpoint
from bentos.core.endpoints import Content, Handled, RefusingEndpoint
from bentos.core.errors import (
    MOST_ECHOED,
    MalformedBody,
    NotReady,
    RequestError,
    UnknownResource,
    UnsupportedMediaType,
)
from bentos.core.exchange import Exchange
from bentos.core.headers import JSON, Head, ResponseHeads
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.inferring import Inferrer
from bentos.core.inference_protocol.messages import (
    ModelReady,
    ProtocolError,
    ServerLive,
    ServerReady,
    encode,
)
from bentos.core.inference_protocol.metadata import describe_model, describe_server
from bentos.core.inference_protocol.requests import RequestReader
from bentos.core.inference_protocol.responses import Body, ResponseWriter
from bentos.core.inference_protocol.tensor_model import TensorModel
from bentos.core.json_bodies import INLINE_BODY_BYTES, JSON_TYPES, has_large_body, require_json
from bentos.core.metrics import OTHER_METHOD, Metrics, Series
from bentos.core.problems import headers_of
from bentos.core.readiness import Readiness
from bentos.core.router import Router
from bentos.core.workers import Workers

ROOT = "/v2"
LIVE_PATH, READY_PATH = f"{ROOT}/health/live", f"{ROOT}/health/ready"
MODEL_ROUTES = (f"{ROOT}/models/{{model}}", f"{ROOT}/models/{{model}}/versions/{{version}}")
UNKNOWN_ROUTE = f"{ROOT}/unknown"
"""The one label for all paths under `/v2/` that are none."""

GRPC_SCHEME = "grpc:"
"""What the paths of calls over gRPC begin with, unlike any path of a request over HTTP."""

JSON_LENGTH = b"inference-header-content-length"
OCTETS = b"application/octet-stream"


class InferenceProtocol:
    """The endpoints of one process. Those of the model are there once it is."""

    def __init__(
        self, router: Router, metrics: Metrics, heads: ResponseHeads, workers: Workers, readiness: Readiness
    ) -> None:
        self._router = router
        self._metrics = metrics
        self._workers = workers
        self._json_head = heads.make(JSON)
        self._binary_head = heads.make(OCTETS)
        self.errors = ErrorWriter(self._json_head)
        self._add_content(ROOT, ROOT, encode(describe_server()))
        self._add_content(LIVE_PATH, LIVE_PATH, encode(ServerLive(True)), public=True)
        self._readiness = readiness
        self._add_ready(READY_PATH, READY_PATH, encode(ServerReady(True, True)), public=True)

    def covers(self, path: str) -> bool:
        """Return whether errors about this path are to have the protocol's form."""
        return path == ROOT or path.startswith((f"{ROOT}/", GRPC_SCHEME))

    def open(self, name: str, version: str, model: TensorModel) -> "dict[str, InferEndpoint]":
        """Take requests for this model and version; return what infers, by its path."""
        endpoints: dict[str, InferEndpoint] = {}
        metadata = encode(describe_model(name, version, model))
        ready = encode(ModelReady(name, True))
        reader, writer = RequestReader(model), ResponseWriter(name, version, model)
        inferrer = Inferrer(model, writer.write, self._metrics, self._workers)
        for route in MODEL_ROUTES:
            path = route.format(model=name, version=version)
            self._add_content(path, route, metadata)
            self._add_ready(f"{path}/ready", f"{route}/ready", ready)
            series = self._metrics.series(f"{route}/infer", "POST")
            heads = (self._json_head, self._binary_head)
            infer = InferEndpoint(reader, inferrer, model.body_limit_bytes, series, heads)
            self._router.add_exact("POST", f"{path}/infer", infer)
            endpoints[f"{path}/infer"] = infer
        self._router.unknown_under[f"{ROOT}/"] = RefusingEndpoint(
            lambda exchange: _refuse(exchange, name, version),
            self._metrics.series(UNKNOWN_ROUTE, OTHER_METHOD),
        )
        return endpoints

    def _add_content(self, path: str, route: str, content: bytes, public: bool = False) -> None:
        endpoint = ContentEndpoint(content, self._metrics.series(route, "GET"), self._json_head, public)
        self._router.add_exact("GET", path, endpoint)

    def _add_ready(self, path: str, route: str, content: bytes, public: bool = False) -> None:
        series = self._metrics.series(route, "GET")
        endpoint = WhileReadyEndpoint(self._readiness, content, series, self._json_head, public)
        self._router.add_exact("GET", path, endpoint)


class ErrorWriter:
    """Writes errors as the protocol has them: one sentence."""

    def __init__(self, head: list[Header]) -> None:
        self._head = head

    async def write(self, exchange: Exchange, error: RequestError) -> None:
        """Answer with the error, over gRPC with nothing but the sentence."""
        sentence = error.detail or f"{error.title}."
        if exchange.scope["path"].startswith(GRPC_SCHEME):
            await exchange.reply(error.status, (), sentence.encode(), error.headers)
            return
        content = encode(ProtocolError(sentence))
        await exchange.reply(error.status, self._head, content, headers_of(error, exchange))


class WhileReadyEndpoint:
    """Answers with fixed bytes while requests should be sent here."""

    def __init__(
        self, readiness: Readiness, content: bytes, series: Series, head: list[Header], public: bool
    ) -> None:
        self.series = series
        self.public = public
        self._readiness = readiness
        self._content = content
        self._head = head

    async def serve(self, exchange: Exchange) -> None:
        """Answer. Raises NotReady before and after."""
        if not self._readiness.is_ready:
            raise NotReady(self._readiness.explain())
        await exchange.reply(200, self._head, self._content)


class InferEndpoint:
    """Answers inference requests."""

    public = False
    method = b"POST"
    takes_query = False

    def __init__(
        self,
        reader: RequestReader,
        inferrer: Inferrer[Body],
        body_limit_bytes: int,
        series: Series,
        heads: tuple[Head, Head],
    ) -> None:
        self.series = series
        self._reader = reader
        self._inferrer = inferrer
        self._body_limit_bytes = body_limit_bytes
        self._json_head, self._binary_head = heads
        self.head = self._json_head
        self.most_at_once_bytes = min(body_limit_bytes, INLINE_BODY_BYTES)

    def read(self, exchange: Exchange, body: bytes) -> Inference:
        """Return what a whole request asks for. Raises RequestError."""
        require_readable(exchange)
        return self._reader.read(body, read_json_length(exchange, len(body)))

    def answer_together(self, requests: Sequence[Handled]) -> list[Content]:
        """Return what becomes of each of some requests; None if it takes a worker, or a head of its own."""
        answers: list[Content] = [None] * len(requests)
        places = [place for place, one in enumerate(requests) if self._is_quick(one.request)]
        found = self._inferrer.answer_together([requests[place].request for place in places])
        for place, answer in zip(places, found, strict=True):
            answers[place] = answer.content if isinstance(answer, Body) else answer
        return answers

    def _is_quick(self, inference: Inference) -> bool:
        return self._inferrer.is_small(inference) and not any(inference.outputs.values())

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        require_readable(exchange)
        answer = await self._answer(exchange)
        if answer.json_bytes is None:
            await exchange.reply(200, self._json_head, answer.content)
        else:
            length = (JSON_LENGTH, b"%d" % answer.json_bytes)
            await exchange.reply(200, self._binary_head, answer.content, (length,))

    async def _answer(self, exchange: Exchange) -> Body:
        if has_large_body(exchange):
            async with self._inferrer.place():
                _, read = await self._take(exchange)
                return await self._inferrer.answer_in_place(read)
        return await self._inferrer.answer(*await self._take(exchange))

    async def _take(self, exchange: Exchange) -> tuple[int, Callable[[], Inference]]:
        body = await read_body(exchange, self._body_limit_bytes)
        return len(body), partial(self._reader.read, body, read_json_length(exchange, len(body)))


def require_readable(exchange: Exchange) -> None:
    """Raise UnsupportedMediaType for a body of another kind than JSON with or without bytes behind it.

    Clients of the protocol leave Content-Type out. Browsers do so too, for any page and without asking first,
    but they name the page in Origin.
    """
    declared = exchange.headers.get(b"content-type")
    if declared is None:
        if b"origin" in exchange.headers:
            raise UnsupportedMediaType("The request comes from a page and has no Content-Type.")
    elif declared not in JSON_TYPES and declared != OCTETS:
        require_json(declared)
    if exchange.headers.get(b"content-encoding", b"identity") != b"identity":
        raise UnsupportedMediaType("Compressed bodies are not read; send it without Content-Encoding.")


def read_json_length(exchange: Exchange, body_bytes: int) -> int | None:
    """Return how many bytes of the body are JSON, if the request says so. Raises MalformedBody."""
    declared = exchange.headers.get(JSON_LENGTH)
    if declared is None:
        return None
    if not declared.isdigit() or len(declared) > len(str(body_bytes)) or int(declared) > body_bytes:
        raise MalformedBody(f"Inference-Header-Content-Length is not a number up to {body_bytes}.")
    return int(declared)


def _refuse(exchange: Exchange, name: str, version: str) -> UnknownResource:
    path: str = exchange.scope["path"]
    return UnknownResource(
        f"There is nothing under {path[:MOST_ECHOED]!r}: the model here is {name!r}, its version {version!r}."
    )
