"""What the parts of an answer are, and that timing them tells more from less."""

import asyncio
import hashlib
from collections.abc import Iterator

import pytest

from bentos.battle.api import BattleRequest
from bentos.battle.definition import DEFINITION
from bentos.core.auth import KeyRing
from bentos.core.gateway import Gateway
from bentos.core.model import LoadedModel
from bentos.core.server import make_server
from bentos.core.settings import ServerSettings
from loadtests.benchmarks.budget import KEY, to_http
from loadtests.benchmarks.parts import (
    BattleParts,
    Cost,
    connect,
    cost_seconds,
    run_through,
    step_aside,
    undisturbed,
)
from tests.support.tiny_battle import tiny_candidate, tiny_predictor, unsigned_package

REQUESTS = [to_http(BattleRequest(one, 6)) for one in range(1, 30)]
NAMES = [
    "exchange and request id",
    "context and route",
    "key",
    "body",
    "decode and validate",
    "Pokémon and moves",
    "features",
    "engine",
    "answer",
    "encode",
    "write",
    "metrics",
    "trace and log, one in so many",
    "calls between them, and colder caches",
    "what a no-op does itself",
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


def test_requests_come_with_their_own_bodies_and_are_answered(gateway: Gateway) -> None:
    async def answer_all() -> list[bytes]:
        asked = connect(make_server(step_aside, ServerSettings(), lambda: None), REQUESTS)
        for one in asked:
            run_through(one.put_to(gateway))
        return [one.body for one in asked]

    bodies = asyncio.run(answer_all())
    assert bodies == [request.partition(b"\r\n\r\n")[2] for request in REQUESTS]
    assert dict(gateway.metrics.series("/api/v1/predict/battle", "POST").codes) == {200: len(REQUESTS)}


def test_work_that_waits_is_not_timed() -> None:
    with pytest.raises(RuntimeError, match="waits"):
        run_through(asyncio.sleep(0))


def test_every_part_is_measured_and_they_add_up_to_the_application(gateway: Gateway) -> None:
    async def measure() -> list[Cost]:
        return BattleParts(gateway, GUARD, tiny_model(), rounds=2).measure(REQUESTS)

    costs = {cost.name: cost.seconds for cost in asyncio.run(measure())}
    assert list(costs) == NAMES
    assert costs["features"] > 0
    assert costs["engine"] > 0
    assert costs["what a no-op does itself"] < 0
