"""The gateway as BentoML's middleware: all that it does in our own process, except answering POST routes
itself."""

from bentos.core.asgi import App, Message, Receive, Scope, Send
from bentos.core.auth import open_guard
from bentos.core.decoding import BodyDecoder
from bentos.core.errors import EkibenError
from bentos.core.exchange import Exchange
from bentos.core.foreign import ForeignApp
from bentos.core.gateway import Gateway
from bentos.core.json_bodies import read_json
from bentos.core.loaded import loaded_model
from bentos.core.loggers import get_logger
from bentos.core.logs import configure_logs
from bentos.core.metrics import Metrics
from bentos.core.opened import OpenedService
from bentos.core.routing import Route, ServiceDefinition
from bentos.core.settings import Settings

GATEWAY_KEY = "ekiben.gateway"
"""Marks the scope of what came through a gateway already."""

_log = get_logger("ekiben.bento")


class BentoGateway:
    """ASGI middleware. It does nothing to a request that our own process let through to BentoML."""

    def __init__(self, app: App, definition: ServiceDefinition) -> None:
        self._app = app
        self._definition = definition
        self._gateway: Gateway | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or BentoML's start and stop."""
        if GATEWAY_KEY in scope:
            await self._app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._gateway is not None:
            await self._gateway(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Load the model before BentoML makes an instance of the service, which answers with the same one,
        and keep open what the service needs beside it until BentoML has stopped."""
        try:
            settings = Settings()
            configure_logs(settings.log.level)
            gateway = self._make_gateway(settings)
            opened = OpenedService(
                self._definition, gateway.metrics.registry, lambda _: gateway.begin_stopping()
            )
            await opened.start(loaded_model(self._definition).predictor)
        except EkibenError as error:
            _log.error(str(error), exit_code=error.exit_code)
            await receive()
            await send({"type": "lifespan.startup.failed", "message": ""})
            return

        async def send_and_open(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._gateway = gateway
            await send(message)

        try:
            await self._app(scope, receive, send_and_open)
        finally:
            await opened.stop()
            gateway.close()

    def _make_gateway(self, settings: Settings) -> Gateway:
        gateway = Gateway(
            self._definition,
            open_guard(settings.auth, host=None),
            settings.log.access_sample,
            settings.server.worker_threads,
        )
        gateway.metrics.watch_this_thread()
        downstream = ForeignApp(self._app, gateway.heads, gateway.problems)
        gateway.open(
            loaded_model(self._definition),
            unknown=gateway.leave_to(self._app),
            make_body_endpoint=lambda route: ReplayEndpoint(route, gateway.metrics, downstream),
        )
        return gateway


class ReplayEndpoint:
    """A POST route that BentoML answers, after the gateway has read its body and found it sound."""

    public = False

    def __init__(self, route: Route, metrics: Metrics, downstream: ForeignApp) -> None:
        self.series = metrics.series(route.path, route.method)
        self._decode = BodyDecoder(route.body)
        self._limit_bytes = route.body_limit_bytes
        self._outcomes = route.outcomes
        self._metrics = metrics
        self._downstream = downstream

    async def serve(self, exchange: Exchange) -> None:
        """Have BentoML answer."""
        body = await read_json(exchange, self._limit_bytes)
        self._decode(body)
        exchange.receive = _replay(body, exchange.receive)
        await self._downstream.answer(exchange)
        if self._outcomes is not None and exchange.answer is not None:
            self._metrics.predictions.count(self._outcomes(exchange.answer))


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the whole body once, then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
