"""What answers the calls, in the same router as what answers requests over HTTP."""

from collections.abc import Callable
from functools import partial

from bentos.core.bodies import read_body
from bentos.core.exchange import Exchange
from bentos.core.inference_protocol.endpoints import GRPC_SCHEME
from bentos.core.inference_protocol.grpc.descriptors import Message
from bentos.core.inference_protocol.grpc.messages import (
    HEALTH_SERVICE,
    NOT_SERVING,
    SERVICE,
    SERVICE_UNKNOWN,
    SERVING,
    HealthCheckRequest,
    HealthCheckResponse,
    ModelMetadataRequest,
    ModelMetadataResponse,
    ModelReadyRequest,
    ModelReadyResponse,
    ServerLiveResponse,
    ServerMetadataResponse,
    ServerReadyResponse,
)
from bentos.core.inference_protocol.grpc.requests import MessageReader, decode, require_model
from bentos.core.inference_protocol.grpc.responses import MessageWriter
from bentos.core.inference_protocol.inferring import Inferrer
from bentos.core.inference_protocol.metadata import describe_model, describe_server
from bentos.core.inference_protocol.tensor_model import TensorModel
from bentos.core.metrics import GRPC_METHOD, Metrics, Series
from bentos.core.readiness import Readiness
from bentos.core.router import Router
from bentos.core.workers import Workers

MOST_QUESTION_BYTES = 4096
"""More than any call takes that brings no tensors."""

_INFER = f"/{SERVICE}/ModelInfer"
_MODEL_METADATA = f"/{SERVICE}/ModelMetadata"
_MODEL_READY = f"/{SERVICE}/ModelReady"
_SERVER_METADATA = f"/{SERVICE}/ServerMetadata"
_SERVER_LIVE, _SERVER_READY = f"/{SERVICE}/ServerLive", f"/{SERVICE}/ServerReady"
_CHECK = f"/{HEALTH_SERVICE}/Check"

PROBES = frozenset({_SERVER_LIVE, _SERVER_READY, _CHECK})
"""What needs no key, and is answered however busy the process is."""

METHODS = PROBES | {_INFER, _MODEL_METADATA, _MODEL_READY, _SERVER_METADATA}
"""All that can be called; what belongs to the model is refused until it is there."""


class GrpcMethods:
    """The methods of one process, put into its router."""

    def __init__(
        self, name: str, router: Router, metrics: Metrics, workers: Workers, readiness: Readiness
    ) -> None:
        self._name = name
        self._version: str | None = None
        self._router = router
        self._metrics = metrics
        self._workers = workers
        self._readiness = readiness
        self._add(_SERVER_LIVE, _always(ServerLiveResponse(live=True).SerializeToString()))
        self._add(_SERVER_READY, self._tell_server_ready)
        self._add(_SERVER_METADATA, _always(_server_metadata()))
        self._add(_MODEL_READY, self._tell_model_ready)
        self._add(_CHECK, self._check_health)

    def open(self, version: str, model: TensorModel) -> None:
        """Take calls for the model in this version."""
        self._version = version
        self._add(
            _MODEL_METADATA, partial(self._describe_model, version, _metadata(self._name, version, model))
        )
        reader, writer = MessageReader(self._name, version, model), MessageWriter(self._name, version, model)
        inferrer = Inferrer(model, writer.write, self._metrics, self._workers)
        series = self._metrics.series(_INFER, GRPC_METHOD)
        infer = InferEndpoint(reader, inferrer, model.body_limit_bytes, series)
        self._router.add_exact(GRPC_METHOD, GRPC_SCHEME + _INFER, infer)

    def _add(self, method: str, answer: Callable[[bytes], bytes]) -> None:
        endpoint = AnswerEndpoint(answer, self._metrics.series(method, GRPC_METHOD), method in PROBES)
        self._router.add_exact(GRPC_METHOD, GRPC_SCHEME + method, endpoint)

    def _tell_server_ready(self, _body: bytes) -> bytes:
        return _encode(ServerReadyResponse(ready=self._readiness.is_ready))

    def _tell_model_ready(self, body: bytes) -> bytes:
        asked = decode(ModelReadyRequest, body)
        # Which version it will be is not known before it is loaded.
        version = asked.version if self._version is None else self._version
        require_model(asked.name, asked.version, self._name, version)
        return _encode(ModelReadyResponse(ready=self._readiness.is_ready))

    def _describe_model(self, version: str, metadata: bytes, body: bytes) -> bytes:
        asked = decode(ModelMetadataRequest, body)
        require_model(asked.name, asked.version, self._name, version)
        return metadata

    def _check_health(self, body: bytes) -> bytes:
        if decode(HealthCheckRequest, body).service not in ("", SERVICE):
            return _encode(HealthCheckResponse(status=SERVICE_UNKNOWN))
        status = SERVING if self._readiness.is_ready else NOT_SERVING
        return _encode(HealthCheckResponse(status=status))


class AnswerEndpoint:
    """Answers a short message with another."""

    def __init__(self, answer: Callable[[bytes], bytes], series: Series, public: bool) -> None:
        self.series = series
        self.public = public
        self._answer = answer

    async def serve(self, exchange: Exchange) -> None:
        """Answer. Raises MalformedBody, BodyTooLarge or UnknownResource."""
        await exchange.reply(200, (), self._answer(await read_body(exchange, MOST_QUESTION_BYTES)))


class InferEndpoint:
    """Answers inference calls."""

    public = False

    def __init__(
        self, reader: MessageReader, inferrer: Inferrer[bytes], body_limit_bytes: int, series: Series
    ) -> None:
        self.series = series
        self._reader = reader
        self._inferrer = inferrer
        self._body_limit_bytes = body_limit_bytes

    async def serve(self, exchange: Exchange) -> None:
        """Answer one call."""
        body = await read_body(exchange, self._body_limit_bytes)
        await exchange.reply(
            200, (), await self._inferrer.answer(len(body), partial(self._reader.read, body))
        )


def _always(content: bytes) -> Callable[[bytes], bytes]:
    return lambda _body: content


def _encode(message: Message) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded


def _server_metadata() -> bytes:
    server = describe_server()
    return _encode(ServerMetadataResponse(name=server.name, version=server.version))


def _metadata(name: str, version: str, model: TensorModel) -> bytes:
    described = describe_model(name, version, model)
    answer = ModelMetadataResponse(name=name, versions=described.versions, platform=described.platform)
    for tensors, filled in ((described.inputs, answer.inputs), (described.outputs, answer.outputs)):
        for one in tensors:
            filled.add(name=one.name, datatype=one.datatype, shape=one.shape)
    return _encode(answer)
