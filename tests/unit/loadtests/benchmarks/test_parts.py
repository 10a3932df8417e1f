"""What the parts of an answer are, and that timing them tells more from less."""

import hashlib
from collections.abc import Iterator

import pytest

from bentos.battle.api import BattleRequest
from bentos.battle.definition import DEFINITION
from bentos.core.auth import KeyRing
from bentos.core.gateway import Gateway
from bentos.core.model import LoadedModel
from loadtests.benchmarks.budget import KEY, to_http
from loadtests.benchmarks.parts import (
    BattleParts,
    cost_seconds,
    parse,
    undisturbed,
)
from tests.support.tiny_battle import tiny_candidate, tiny_predictor, unsigned_package

REQUESTS = [to_http(BattleRequest(one, 6)) for one in range(1, 30)]
NAMES = [
    "exchange and request id",
    "context",
    "key",
    "kind of body",
    "decode and validate",
    "Pokémon and moves",
    "features",
    "engine",
    "answer",
    "encode",
    "head of the answer",
    "metrics",
    "trace and log, one in so many",
    "calls between them, and colder caches",
]
GUARD = KeyRing([hashlib.sha256(KEY).digest()])


def tiny_model() -> LoadedModel:
    predictor = tiny_predictor()
    package = unsigned_package(tiny_candidate().files, "7")
    return LoadedModel(package, predictor, tuple(DEFINITION.routes(predictor)))


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway(DEFINITION, GUARD)
    made.open(tiny_model())
    yield made
    made.close()


def test_more_work_costs_more() -> None:
    little, much = (
        cost_seconds(lambda count: sum(range(count)), [1], 20),
        cost_seconds(lambda count: sum(range(count)), [100_000], 20),
    )
    assert much > 20 * abs(little)


def test_disturbed_windows_do_not_count() -> None:
    assert undisturbed([9.0] * 90 + [1.0] * 10) == 1.0
    assert undisturbed([2.0]) == 2.0


def test_request_is_answered_as_a_connection_would(gateway: Gateway) -> None:
    answers = BattleParts(gateway, GUARD, tiny_model()).answer([parse(request) for request in REQUESTS])
    assert all(answer.startswith(b"HTTP/1.1 200 OK\r\n") for answer in answers)
    assert len({answer.partition(b"\r\n\r\n")[2] for answer in answers}) > 1
    assert dict(gateway.metrics.series("/api/v1/predict/battle", "POST").codes) == {200: len(REQUESTS)}


def test_every_part_is_measured_and_they_add_up_to_the_answer(gateway: Gateway) -> None:
    costs = {
        cost.name: cost.seconds for cost in BattleParts(gateway, GUARD, tiny_model(), 2).measure(REQUESTS)
    }
    assert list(costs) == NAMES
    assert costs["features"] > 0
    assert costs["engine"] > 0
