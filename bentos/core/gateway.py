"""The outermost layer of every serving process: all requests come in here, and all answers go out.

It finds the endpoint, asks for a key, lets the endpoint answer, turns errors into problem documents, counts
and logs. A request for a model costs one look-up, one decode, one call, one encode; everything that is not a
model's route is left to others.
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter

from bentos.core.admission import Admission
from bentos.core.asgi import App, Receive, Scope, Send
from bentos.core.auth import Guard
from bentos.core.content import ContentEndpoint
from bentos.core.endpoints import (
    BodyEndpoint,
    Endpoint,
    HeaderEndpoint,
    ParameterEndpoint,
    RefusingEndpoint,
    refuse_path,
)
from bentos.core.errors import InternalFailure, NotReady, Overloaded, RequestError
from bentos.core.exchange import CLIENT_GONE, CURRENT, ClientGone, Exchange
from bentos.core.foreign import ForeignApp, ForeignEndpoint
from bentos.core.headers import EVENT_STREAM, JSON, ResponseHeads
from bentos.core.health import LIVE_PATH, READY_PATH, LiveEndpoint, ReadyEndpoint
from bentos.core.inference_protocol.endpoints import InferenceProtocol
from bentos.core.loggers import get_logger
from bentos.core.metrics import OTHER_METHOD, Metrics, Series
from bentos.core.metrics_endpoint import METRICS_PATH, MetricsEndpoint
from bentos.core.model import LoadedModel
from bentos.core.openapi import describe_service
from bentos.core.pages import OPENAPI_PATH, Pages
from bentos.core.problems import ProblemWriter
from bentos.core.quick import Quick
from bentos.core.readiness import Readiness
from bentos.core.refusals import Refusals
from bentos.core.router import Router
from bentos.core.routing import Route, ServiceDefinition
from bentos.core.streaming import StreamEndpoint
from bentos.core.workers import MOST_WAITING, Workers

LEAST_SAMPLE = 1e-9
"""A smaller share of logged requests makes no difference in a process's life."""

MOST_REMEMBERED = 256
"""URLs whose route is remembered for requests that are refused; others are looked up each time."""

UNKNOWN_ROUTE = "unknown"
"""The one label for all paths that nobody declared."""

_log = get_logger("ekiben.gateway")


class Gateway:
    """An ASGI application. `guard` decides who may call, None admits anyone; `access_sample` is the share of
    successful requests that are logged: one in so many, as they come; `admission` counts what it and the
    workers refuse."""

    def __init__(
        self,
        definition: ServiceDefinition,
        guard: Guard | None = None,
        access_sample: float = 0.0,
        worker_threads: int = 2,
        most_waiting: int = MOST_WAITING,
        admission: Admission | None = None,
    ) -> None:
        self._definition = definition
        admission = admission or Admission()
        self.readiness = Readiness()
        self.metrics = Metrics(self.readiness)
        self.metrics.registry.register(admission)
        self.heads = ResponseHeads()
        self.problems = ProblemWriter(self.heads)
        self._admission = admission
        self.workers = Workers(
            worker_threads, most_waiting, lambda: admission.count("workers"), admission.crowd
        )
        self._guard = guard
        self._log_interval = round(1 / max(access_sample, LEAST_SAMPLE)) if access_sample else -1
        self._until_logged = self._log_interval
        self._json_head = self.heads.make(JSON)
        self.router = Router(self.metrics, self.heads.make(None), self._refusing(self._refuse_while_starting))
        self._exact = self.router.exact
        self._refused: dict[tuple[bytes, bytes], Series] = {}
        self._protocol = self._make_protocol()
        self.refusals = Refusals(self.heads, speaks_protocol=self._protocol is not None)
        admitted = partial(self, is_admitted=True)
        self.quick = Quick(self, admitted, lambda error: partial(self, error=error), guard, self._observe)
        self._add_operations()

    async def __call__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        error: Exception | None = None,
        is_admitted: bool = False,
    ) -> None:
        """Answer one request, with `error` if that is known already; one that `is_admitted` has shown its
        key."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        CURRENT.set(exchange)
        methods = self._exact.get(scope["path"])
        endpoint = self.router.resolve(exchange) if methods is None else methods[scope["method"]]
        try:
            if error is not None:
                raise error
            if self._guard is not None and not endpoint.public and not is_admitted:
                self._guard.admit(exchange)
            await endpoint.serve(exchange)
        except RequestError as refusal:
            await self._refuse(exchange, refusal)
        except ClientGone:
            exchange.status = CLIENT_GONE
        except Exception:
            await self._fail(exchange)
        self._observe(exchange, endpoint)

    def open(
        self,
        model: LoadedModel,
        unknown: Endpoint | None = None,
        make_body_endpoint: Callable[[Route], Endpoint] | None = None,
    ) -> None:
        """Take requests for a model that is loaded and tested.

        `unknown` serves the paths that nobody declared; `make_body_endpoint` makes what serves the routes
        with a body, if that is not this process's own hot path.
        """
        for route in model.routes:
            endpoint = self._make_endpoint(route, make_body_endpoint)
            self.router.add(route.method, route.path, endpoint)
            if route.path in self._exact and isinstance(endpoint, BodyEndpoint | ParameterEndpoint):
                self._open_short_way(route.path, endpoint)
        working = {route.path for route in model.routes if route.body is not None and route.offload}
        if self._protocol is not None and model.tensors is not None:
            version = model.package.pin.version
            for path, infer in self._protocol.open(self._definition.name, version, model.tensors).items():
                working.add(path)
                self.quick.routes[path.encode()] = infer
        self._admission.working_paths = {path.encode() for path in working}
        self.router.add("GET", OPENAPI_PATH, self._describe_service(model))
        self.router.unknown = unknown or self._refusing(refuse_path)
        self.metrics.name_model(describe(model))
        self.readiness.state = "ready"

    def _open_short_way(self, path: str, endpoint: BodyEndpoint | ParameterEndpoint) -> None:
        if endpoint.answers_at_once:
            self.quick.routes[path.encode()] = endpoint

    def _make_endpoint(self, route: Route, make: Callable[[Route], Endpoint] | None) -> Endpoint:
        if route.streams:
            return StreamEndpoint(route, self.metrics, self.workers, self.heads.make(EVENT_STREAM))
        if route.body is None:
            kind = HeaderEndpoint if route.header_parameters else ParameterEndpoint
            return kind(route, self.metrics, self.workers, self._json_head)
        if make is None:
            return BodyEndpoint(route, self.metrics, self.workers, self._json_head)
        return make(route)

    def leave_to(self, app: App) -> Endpoint:
        """Return an endpoint that has another application answer, in our manner."""
        return ForeignEndpoint(
            ForeignApp(app, self.heads, self.problems), self.metrics.series(UNKNOWN_ROUTE, OTHER_METHOD)
        )

    def begin_stopping(self) -> None:
        """Tell probes and clients to go elsewhere; requests that still come are answered."""
        self.readiness.state = "stopping"
        self.heads.close_connections()

    def count_refusal(self, url: bytes, method: bytes) -> None:
        """Count a request that was refused before it came here, under its route if that has no variable."""
        series = self._refused.get((url, method))
        if series is None:
            methods = self._exact.get(url.partition(b"?")[0].decode("latin-1"))
            endpoint = self.router.unknown if methods is None else methods[method.decode("latin-1")]
            series = endpoint.series
            if len(self._refused) < MOST_REMEMBERED:
                self._refused[url, method] = series
        series.codes[Overloaded.status] += 1

    def close(self) -> None:
        """Let go of the threads."""
        self.workers.close()

    def _observe(self, exchange: Exchange, endpoint: Endpoint) -> None:
        seconds = perf_counter() - exchange.started
        endpoint.series.observe(exchange.status, seconds)
        self._until_logged -= 1
        failed = exchange.status >= 400 and exchange.status != Overloaded.status
        if failed or not self._until_logged:
            log_access(exchange, endpoint, seconds)
            self._until_logged = self._log_interval

    def _add_operations(self) -> None:
        self.router.add(
            "GET", LIVE_PATH, LiveEndpoint(self.metrics.series(LIVE_PATH, "GET"), self._json_head)
        )
        ready = ReadyEndpoint(self.readiness, self.metrics.series(READY_PATH, "GET"), self._json_head)
        self.router.add("GET", READY_PATH, ready)
        self.router.add("GET", METRICS_PATH, MetricsEndpoint(self.metrics, self.heads))
        pages = Pages(self._definition.title, self.metrics, self.heads, self.workers)
        for path, endpoint in pages.endpoints().items():
            self.router.add("GET", path, endpoint)

    def _describe_service(self, model: LoadedModel) -> Endpoint:
        needs_key = self._guard is not None and self._guard.wants_key
        document = describe_service(
            self._definition, model.routes, model.package.pin.version, needs_key, model.tensors
        )
        return ContentEndpoint(document, self.metrics.series(OPENAPI_PATH, "GET"), self._json_head)

    def _refusing(self, refuse: Callable[[Exchange], RequestError]) -> Endpoint:
        return RefusingEndpoint(refuse, self.metrics.series(UNKNOWN_ROUTE, OTHER_METHOD))

    def _refuse_while_starting(self, _exchange: Exchange) -> RequestError:
        return NotReady(self.readiness.explain())

    async def _fail(self, exchange: Exchange) -> None:
        _log.exception("A request failed", path=exchange.scope["path"])
        if exchange.status:
            raise ConnectionAbortedError("The answer had begun; the connection is cut.")
        await self._refuse(exchange, InternalFailure())

    async def _refuse(self, exchange: Exchange, error: RequestError) -> None:
        """Answer with an error, in the form that belongs to the path."""
        if self._protocol is not None and self._protocol.covers(exchange.scope["path"]):
            await self._protocol.errors.write(exchange, error)
        else:
            await self.problems.write(exchange, error)

    def _make_protocol(self) -> InferenceProtocol | None:
        if self._definition.tensors is None:
            return None
        return InferenceProtocol(self.router, self.metrics, self.heads, self.workers, self.readiness)


def describe(model: LoadedModel) -> dict[str, str]:
    """Return the labels that name a model in the metrics."""
    manifest, pin = model.package.manifest, model.package.pin
    return {
        "model": manifest.model,
        "version": pin.version,
        "digest": pin.digest,
        "contract": manifest.contract,
        "git_commit": manifest.git_commit,
    }


def log_access(exchange: Exchange, endpoint: Endpoint, seconds: float) -> None:
    """Write one line about a request: what was asked, what came of it. The query is left out: it may be
    private."""
    _log.info(
        "Request answered",
        method=exchange.scope["method"],
        path=exchange.scope["path"],
        route=endpoint.series.route,
        status=exchange.status,
        duration_seconds=round(seconds, 6),
    )
