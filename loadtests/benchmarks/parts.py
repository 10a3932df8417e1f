"""What each part of one battle answer costs: the functions that answer, one by one, without a network."""

import asyncio
import gc
import itertools
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
import uvicorn

from bentos.battle.api import BattleRequest
from bentos.battle.one_row import load_one_row
from bentos.battle.predictor import BattlePredictor
from bentos.core.asgi import App, Receive, Scope, Send
from bentos.core.auth import Guard
from bentos.core.decoding import BodyDecoder
from bentos.core.endpoints import read_json
from bentos.core.exchange import CURRENT, Exchange
from bentos.core.gateway import Gateway, log_access
from bentos.core.headers import JSON
from bentos.core.model import LoadedModel
from bentos.core.server import make_server
from bentos.core.settings import LogSettings, ServerSettings
from loadtests.benchmarks.wire import CONNECTIONS, HEAD_END, do_nothing, plain_server

PATH = "/api/v1/predict/battle"
WINDOW = 50
"""Calls that are timed together."""
UNDISTURBED = 0.05
"""The quantile of the windows that counts: slower ones shared the processor's caches with something else."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Cost(NamedTuple):
    """Seconds of processor time of one call."""

    name: str
    seconds: float


class Nowhere(asyncio.Transport):
    """A connection whose other end takes everything at once."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take it."""

    def is_closing(self) -> bool:
        """Stay open."""
        return False


def undisturbed(costs: Sequence[float]) -> float:
    """Return what counts of the costs of many windows."""
    return sorted(costs)[int(UNDISTURBED * len(costs))]


def cost_seconds(call: Callable[[_Item], Any], items: Sequence[_Item], rounds: int) -> float:
    """Return the processor time of one call, without that of the loop around it."""
    return _timed(call, items, rounds) - _timed(_pass, items, rounds)


def _timed(call: Callable[[_Item], Any], items: Sequence[_Item], rounds: int) -> float:
    windows = []
    collects = gc.isenabled()
    gc.disable()
    for _ in range(rounds):
        for start in range(0, len(items), WINDOW):
            window = items[start : start + WINDOW]
            before = time.thread_time_ns()
            for item in window:
                call(item)
            windows.append((time.thread_time_ns() - before) / 1e9 / len(window))
    if collects:
        gc.enable()
    return undisturbed(windows)


def _pass(_item: Any) -> None:
    return None


def run_through(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """Return the result of a coroutine that waits for nothing. Raises RuntimeError if it does."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast("_Result", end.value)
    raise RuntimeError("It waits for something.")


class BattleParts:
    """The parts of the answers to some requests, which are whole ones in HTTP/1.1.

    `measure` is called in the event loop that the connections of the requests belong to.
    """

    def __init__(self, gateway: Gateway, guard: Guard, model: LoadedModel, rounds: int = 20) -> None:
        self._gateway = gateway
        self._guard = guard
        self._predictor = cast("BattlePredictor", model.predictor)
        self._route = next(route for route in model.routes if route.path == PATH)
        self._rounds = rounds

    def measure(self, requests: Sequence[bytes]) -> list[Cost]:
        """Return the cost of every part; what a no-op does for itself too is taken off at the end."""
        asked = connect(make_server(step_aside, ServerSettings(), lambda: None), requests)
        renew = self._cost("", Asked.renew, asked).seconds
        parts = [*self._in_front(asked, renew), *self._model(asked), *self._behind(asked, renew)]
        whole = self._cost("", lambda one: run_through(one.put_to(self._gateway)), asked).seconds - renew
        between = Cost("calls between them, and colder caches", whole - sum(part.seconds for part in parts))
        plain = connect(plain_server(step_aside), requests)
        nothing = self._cost("", lambda one: run_through(one.put_to(do_nothing)), plain).seconds - renew
        return [*parts, between, Cost("what a no-op does itself", -nothing)]

    def _in_front(self, asked: Sequence["Asked"], renew: float) -> list[Cost]:
        exchanges = [one.exchange() for one in asked]
        bodies = [one.body for one in asked]
        limit_bytes = self._route.body_limit_bytes
        read = self._cost("", lambda one: run_through(read_json(one.renewed(), limit_bytes)), asked).seconds
        return [
            self._cost("exchange and request id", Asked.exchange, asked),
            self._cost("context and route", self._find, exchanges),
            self._cost("key", self._guard.admit, exchanges),
            Cost("body", read - renew),
            self._cost("decode and validate", BodyDecoder(self._route.body), bodies),
        ]

    def _model(self, asked: Sequence["Asked"]) -> list[Cost]:
        predictor, one_row = self._predictor, load_one_row()
        battles = [msgspec.json.decode(one.body, type=BattleRequest) for one in asked]
        pairs = [tuple(sorted(predictor.encode(battle))) for battle in battles]
        rows = [one_row.build(*pair) for pair in pairs]
        parts = [
            self._cost("Pokémon and moves", predictor.encode, battles),
            self._cost("features", lambda pair: one_row.build(*pair), pairs),
            self._cost("engine", predictor.onnx.score_row, rows),
        ]
        predict = self._cost("", predictor.predict, battles).seconds
        return [*parts, Cost("answer", predict - sum(part.seconds for part in parts))]

    def _behind(self, asked: Sequence["Asked"], renew: float) -> list[Cost]:
        encode = msgspec.json.Encoder().encode
        answers = [
            self._predictor.predict(msgspec.json.decode(one.body, type=BattleRequest)) for one in asked
        ]
        head = self._gateway.heads.make(JSON)
        pairs = [(one, encode(answer)) for one, answer in zip(asked, answers, strict=True)]
        write = self._cost("", lambda pair: run_through(pair[0].renewed().reply(200, head, pair[1])), pairs)
        log = self._cost("", self._log, [one.exchange() for one in asked])
        return [
            self._cost("encode", encode, answers),
            Cost("write", write.seconds - renew),
            self._cost("metrics", self._count, answers),
            Cost("trace and log, one in so many", log.seconds * LogSettings().access_sample),
        ]

    def _find(self, exchange: Exchange) -> None:
        CURRENT.set(exchange)
        self._gateway.router.resolve(exchange)

    def _count(self, answer: Any) -> None:
        self._gateway.metrics.series(PATH, "POST").observe(200, 0.0)
        if self._route.outcomes is not None:
            self._gateway.metrics.predictions.count(self._route.outcomes(answer))

    def _log(self, exchange: Exchange) -> None:
        CURRENT.set(exchange)
        log_access(exchange, self._gateway.router.resolve(exchange), 0.0)

    def _cost(self, name: str, call: Callable[[_Item], Any], items: Sequence[_Item]) -> Cost:
        return Cost(name, cost_seconds(call, items, self._rounds))


class Asked:
    """One request as it is when the application gets it. `cycle` is uvicorn's side of it; others share it."""

    def __init__(self, cycle: Any, body: bytes) -> None:
        self.body = body
        self._cycle = cycle
        self._exchange = self.exchange()

    def exchange(self) -> Exchange:
        """Return a new exchange for it."""
        return Exchange(self._cycle.scope, self._cycle.receive, self._cycle.send)

    def renew(self) -> None:
        """Have it as if it had just come."""
        self._cycle.body = bytearray(self.body)
        self._cycle.response_started = self._cycle.response_complete = False
        self._cycle.chunked_encoding = None
        self._cycle.message_event.set()

    def renewed(self) -> Exchange:
        """Return its exchange, as if it had just come."""
        self.renew()
        return self._exchange

    def put_to(self, app: App) -> Coroutine[Any, Any, None]:
        """Return the application's work on it, as if it had just come."""
        self.renew()
        return cast(
            "Coroutine[Any, Any, None]", app(self._cycle.scope, self._cycle.receive, self._cycle.send)
        )


async def step_aside(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Leave a request to whoever is measured with it."""


def connect(server: uvicorn.Server, requests: Sequence[bytes]) -> list[Asked]:
    """Return the requests as they are when they came over `CONNECTIONS` connections to nowhere. The server's
    own application is not needed for it: see `step_aside`."""
    if not server.config.loaded:
        server.config.load()
    make: Any = server.config.http_protocol_class
    cycles = []
    for request in requests[:CONNECTIONS]:
        connection = make(config=server.config, server_state=server.server_state, app_state={})
        connection.connection_made(Nowhere())
        connection.data_received(request)
        cycles.append(connection.cycle)
    bodies = [request.partition(HEAD_END)[2] for request in requests]
    return [Asked(cycle, body) for cycle, body in zip(itertools.cycle(cycles), bodies, strict=False)]
