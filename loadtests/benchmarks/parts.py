"""What each part of one battle answer costs: the functions that answer, one by one, without a network."""

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar, cast

import msgspec

from bentos.battle.api import BattleRequest
from bentos.battle.one_row import load_one_row
from bentos.battle.predictor import BattlePredictor
from bentos.core.asgi import Scope
from bentos.core.auth import Guard
from bentos.core.decoding import BodyDecoder
from bentos.core.direct import encode_answer
from bentos.core.exchange import CURRENT, Exchange
from bentos.core.gateway import Gateway, log_access
from bentos.core.json_bodies import require_json_body
from bentos.core.model import LoadedModel
from bentos.core.quick import Asked
from bentos.core.settings import LogSettings
from loadtests.benchmarks.wire import CONNECTIONS, HEAD_END

PATH = "/api/v1/predict/battle"
WINDOW = 50
"""Calls that are timed together, unless it is said how many."""
UNDISTURBED = 0.05
"""The quantile of the windows that counts: slower ones shared the processor's caches with something else."""

_Item = TypeVar("_Item")


class Cost(NamedTuple):
    """Seconds of processor time of one call."""

    name: str
    seconds: float


def undisturbed(costs: Sequence[float]) -> float:
    """Return what counts of the costs of many windows."""
    return sorted(costs)[int(UNDISTURBED * len(costs))]


def cost_seconds(
    call: Callable[[_Item], Any], items: Sequence[_Item], rounds: int, calls: int = WINDOW
) -> float:
    """Return the processor time of one call, of so many that are timed together, without that of the loop
    around it."""
    return _timed(call, items, rounds, calls) - _timed(_pass, items, rounds, calls)


def _timed(call: Callable[[_Item], Any], items: Sequence[_Item], rounds: int, calls: int) -> float:
    windows = []
    collects = gc.isenabled()
    gc.disable()
    for _ in range(rounds):
        for start in range(0, len(items), calls):
            window = items[start : start + calls]
            before = time.thread_time_ns()
            for item in window:
                call(item)
            windows.append((time.thread_time_ns() - before) / 1e9 / len(window))
    if collects:
        gc.enable()
    return undisturbed(windows)


def _pass(_item: Any) -> None:
    return None


class BattleParts:
    """The parts of the answers to some requests, which are whole ones in HTTP/1.1, on the short way, as many
    together as a round of `bentos.core.quick` has where so many connections ask without a pause."""

    def __init__(self, gateway: Gateway, guard: Guard, model: LoadedModel, rounds: int = 20) -> None:
        self._gateway = gateway
        self._guard = guard
        self._predictor = cast("BattlePredictor", model.predictor)
        self._route = next(route for route in model.routes if route.path == PATH)
        self._endpoint = gateway.quick.routes[PATH.encode()]
        self._more = [(b"date", b"Mon, 23 Nov 2026 07:00:00 GMT")]
        self._rounds = rounds

    def measure(self, requests: Sequence[bytes]) -> list[Cost]:
        """Return the cost of every part."""
        asked = [parse(request) for request in requests]
        parts = [*self._in_front(asked), *self._model(asked), *self._behind(asked)]
        whole = self._cost_together("", self.answer, asked).seconds
        return [
            *parts,
            Cost("calls between them, and colder caches", whole - sum(part.seconds for part in parts)),
        ]

    def answer(self, asked: "Sequence[Request]") -> list[bytes]:
        """Return the whole answers to requests of one round, as their connections would send them."""
        quick, endpoint, answers = self._gateway.quick, self._endpoint, []
        waiting = [Asked(endpoint, one.exchange(), one.body) for one in asked]
        for (_, exchange, _), content in zip(waiting, quick.answer(waiting), strict=True):
            if not isinstance(content, bytes):
                raise RuntimeError("A request was not answered on the short way.") from content
            answers.append(encode_answer(200, self._more, endpoint.head, content, exchange.request_id))
            quick.conclude(endpoint, exchange)
        return answers

    def _in_front(self, asked: Sequence["Request"]) -> list[Cost]:
        exchanges = [one.exchange() for one in asked]
        pairs = [(one.exchange(), one.body) for one in asked]
        return [
            self._cost("exchange and request id", Request.exchange, asked),
            self._cost("context", CURRENT.set, exchanges),
            self._cost("key", self._guard.admit, exchanges),
            self._cost("kind of body", lambda pair: require_json_body(*pair), pairs),
            self._cost("decode and validate", BodyDecoder(self._route.body), [one.body for one in asked]),
        ]

    def _model(self, asked: Sequence["Request"]) -> list[Cost]:
        predictor, one_row = self._predictor, load_one_row()
        battles = [msgspec.json.decode(one.body, type=BattleRequest) for one in asked]
        pairs = [tuple(sorted(predictor.encode(battle))) for battle in battles]
        rows = [one_row.build(*pair) for pair in pairs]
        parts = [
            self._cost("Pokémon and moves", predictor.encode, battles),
            self._cost("features", lambda pair: one_row.build(*pair), pairs),
            self._cost_together("engine", predictor.onnx.score_rows, rows),
        ]
        predict = self._cost_together("", predictor.predict_together, battles).seconds
        return [*parts, Cost("answer", predict - sum(part.seconds for part in parts))]

    def _behind(self, asked: Sequence["Request"]) -> list[Cost]:
        encode = msgspec.json.Encoder().encode
        answers = [
            self._predictor.predict(msgspec.json.decode(one.body, type=BattleRequest)) for one in asked
        ]
        contents = [encode(answer) for answer in answers]
        log = self._cost("", self._log, [one.exchange() for one in asked])
        return [
            self._cost("encode", encode, answers),
            self._cost("head of the answer", self._write, contents),
            self._cost("metrics", self._count, answers),
            Cost("trace and log, one in so many", log.seconds * LogSettings().access_sample),
        ]

    def _write(self, content: bytes) -> bytes:
        return encode_answer(200, self._more, self._endpoint.head, content, b"0123456789ab-ffff")

    def _count(self, answer: Any) -> None:
        self._endpoint.series.observe(200, 0.0)
        if self._route.outcomes is not None:
            self._gateway.metrics.predictions.count(self._route.outcomes(answer))

    def _log(self, exchange: Exchange) -> None:
        CURRENT.set(exchange)
        log_access(exchange, self._endpoint, 0.0)

    def _cost(self, name: str, call: Callable[[_Item], Any], items: Sequence[_Item]) -> Cost:
        return Cost(name, cost_seconds(call, items, self._rounds))

    def _cost_together(
        self, name: str, call: Callable[[Sequence[_Item]], Any], items: Sequence[_Item]
    ) -> Cost:
        """Return what one costs of those that one call handles; some are left over, and not counted."""
        whole = len(items) // CONNECTIONS * CONNECTIONS
        groups = [items[start : start + CONNECTIONS] for start in range(0, whole, CONNECTIONS)]
        seconds = cost_seconds(call, groups, self._rounds, WINDOW // CONNECTIONS)
        return Cost(name, seconds / CONNECTIONS)


class Request(NamedTuple):
    """One request as it is when its round is read."""

    scope: Scope
    body: bytes

    def exchange(self) -> Exchange:
        """Return a new exchange for it."""
        return Exchange(self.scope, nobody, nobody)


def parse(request: bytes) -> Request:
    """Return a whole request for battle's route as it waits for its turn."""
    head, _, body = request.partition(HEAD_END)
    lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
    headers = [(name.lower(), value) for name, _, value in lines]
    return Request({"type": "http", "method": "POST", "path": PATH, "headers": headers}, body)


async def nobody(*_messages: Any) -> NoReturn:
    """Stand for `receive` and `send`, which the short way does without."""
    raise RuntimeError("The short way neither receives nor sends.")
