"""gRPC's server: listens on a port of its own, on the event loop that answers everything else.

Calls are handled on that one thread, so that metrics, shedding and the busy clock are true for them too; a
pool of threads would have it wait for Python's lock instead. What gRPC does to the network, its own threads
do without that lock.
"""

from collections.abc import Callable, Sequence

import grpc.aio

from bentos.core.admission import Admission
from bentos.core.errors import SettingsError
from bentos.core.gateway import Gateway
from bentos.core.inference_protocol.grpc.endpoints import GrpcMethods
from bentos.core.inference_protocol.grpc.transport import Calls
from bentos.core.loggers import get_logger
from bentos.core.model import LoadedModel
from bentos.core.routing import ServiceDefinition
from bentos.core.settings import ServerSettings

MOST_MESSAGE_BYTES = 16 * 1024 * 1024
"""What no message may be larger than, before the model says what it takes itself."""

CONNECTION_SECONDS = 300.0
"""How long a client keeps a connection at most. Then it connects anew, perhaps to a replica that was not
there before: behind a Service of Kubernetes connections are all that is balanced."""

SHARE_OF_LINGERING = 0.5
"""A connection is renewed twice while the process lingers, whose Service leads elsewhere by then. Renewing
loses no call; gRPC's own way to stop answers CANCELLED to those that come in the same moment
(https://github.com/grpc/grpc/issues/41785)."""

MOST_STREAMS = 256
"""Calls under way on one connection; a client waits with more."""

_log = get_logger("ekiben.grpc")


class GrpcServer:
    """The server, from a bound port to its end."""

    def __init__(self, server: "grpc.aio.Server", methods: GrpcMethods, drain_seconds: float) -> None:
        self._server = server
        self._methods = methods
        self._drain_seconds = drain_seconds

    def open(self, model: LoadedModel) -> None:
        """Take calls for a model that is loaded and tested."""
        if model.tensors is not None:
            self._methods.open(model.package.pin.version, model.tensors)

    async def stop(self) -> None:
        """Take no more calls, wait for those under way, and cut what takes longer than the drain time."""
        await self._server.stop(self._drain_seconds)


async def serve_grpc(
    definition: ServiceDefinition,
    gateway: Gateway,
    admission: Admission,
    settings: ServerSettings,
    port: int,
) -> GrpcServer:
    """Return a server that answers on this port through the gateway. Raises SettingsError if the port is
    taken or not ours."""
    methods = GrpcMethods(
        definition.name, gateway.router, gateway.metrics, gateway.workers, gateway.readiness
    )
    server = grpc.aio.server(options=_options(settings))
    calls = Calls(gateway, gateway.metrics, admission)
    admission.count_answers = _sum(admission.count_answers, lambda: calls.answered)
    server.add_generic_rpc_handlers((calls,))
    _bind(server, settings.host, port)
    await server.start()
    _log.info("Listening for gRPC", service=definition.name, host=settings.host, port=port)
    return GrpcServer(server, methods, settings.drain_seconds)


def _sum(one: Callable[[], int], other: Callable[[], int]) -> Callable[[], int]:
    return lambda: one() + other()


def _bind(server: "grpc.aio.Server", host: str, port: int) -> None:
    try:
        server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except RuntimeError as error:
        raise SettingsError(
            f"Can't listen on {host} port {port} for gRPC: "
            "set EKIBEN_SERVER_HOST and EKIBEN_GRPC_PORT to an address of this machine that is free."
        ) from error


def connection_seconds(linger_seconds: float) -> float:
    """Return how long a client keeps a connection, given how long the process lingers."""
    if not linger_seconds:
        return CONNECTION_SECONDS
    return min(max(linger_seconds * SHARE_OF_LINGERING, 1.0), CONNECTION_SECONDS)


def _options(settings: ServerSettings) -> Sequence[tuple[str, int]]:
    return (
        # Two processes on one port would share its connections without knowing.
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", MOST_MESSAGE_BYTES),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", MOST_STREAMS),
        ("grpc.max_connection_age_ms", round(connection_seconds(settings.linger_seconds) * 1000)),
        ("grpc.max_connection_age_grace_ms", settings.drain_seconds * 1000),
        # As over REST, compressed bodies are not read: only `identity` is left.
        ("grpc.compression_enabled_algorithms_bitset", 1),
    )
