"""Battle as a BentoML service: the same routes, the same answers."""

import asyncio
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from bentos.battle.definition import DEFINITION, routes
from bentos.core import loaded
from bentos.core.asgi import App
from bentos.core.gateway import Gateway
from bentos.core.lifespan import Lifespan
from bentos.core.loaded import share_model
from bentos.core.model import LoadedModel
from tests.support.asking import JSON as JSON_TYPE
from tests.support.asking import Reply, ask_in_loop
from tests.support.logs import kept_logs
from tests.support.tiny_battle import tiny_predictor, unsigned_package

with warnings.catch_warnings():
    # BentoML calls what its own dependencies have deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from bentos.battle.service import Battle

SERVICE: Any = Battle
"""The service as BentoML's decorator really returns it."""

BODIES = {
    "/api/v1/predict/battle": (
        b'{"pokemon_1_id": 25, "pokemon_2_id": 6}',
        b'{"pokemon_1_id": 25, "pokemon_2_id": 6, "pokemon_1_moves": ["thunderbolt"]}',
        b'{"pokemon_1_id": 25, "pokemon_2_id": 6, "pokemon_1_moves": ["splash"]}',
        b'{"pokemon_1_id": 999, "pokemon_2_id": 6}',
        b'{"pokemon_1_id": "25"}',
    ),
    "/api/v1/predict/battles": (
        b'{"battles": [{"pokemon_1_id": 25, "pokemon_2_id": 6}, {"pokemon_1_id": 6, "pokemon_2_id": 25}]}',
        b'{"battles": [{"pokemon_1_id": 25, "pokemon_2_id": 6}, {"pokemon_1_id": 999, "pokemon_2_id": 25}]}',
        b'{"battles": []}',
    ),
    "/api/v1/explain/battle": (
        b'{"pokemon_1_id": 150, "pokemon_2_id": 10026}',
        b'{"pokemon_1_id": 150, "pokemon_2_id": 999}',
    ),
}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoadedModel]:
    """The small battle model, as the one of this process."""
    monkeypatch.setattr(loaded, "_models", {})
    package = unsigned_package({}, "7", DEFINITION.contract.digest())
    predictor = tiny_predictor()
    made = LoadedModel(package, predictor, tuple(routes(predictor)))
    share_model(DEFINITION, made)
    with kept_logs():
        yield made


def ask_bentoml() -> dict[tuple[str, bytes], Reply]:
    async def main() -> dict[tuple[str, bytes], Reply]:
        app: App = SERVICE.to_asgi()
        lifespan = Lifespan(app, {})
        await lifespan.start()
        replies = {
            (path, body): await ask_in_loop(app, "POST", path, body, JSON_TYPE)
            for path, bodies in BODIES.items()
            for body in bodies
        }
        await lifespan.stop()
        return replies

    return asyncio.run(main())


def test_every_route_with_a_body_is_an_api(model: LoadedModel) -> None:
    declared = {route.path for route in model.routes if route.body is not None}
    assert {method.route for method in SERVICE.apis.values()} == declared == set(BODIES)


def test_bentoml_answers_as_the_hot_path_does(model: LoadedModel) -> None:
    gateway = Gateway(DEFINITION)
    gateway.open(model)
    statuses = set()
    for (path, body), theirs in ask_bentoml().items():
        ours = ask(gateway, path, body)
        assert (path, body, theirs.status, theirs.json) == (path, body, ours.status, ours.json)
        statuses.add(ours.status)
    gateway.close()
    assert statuses == {200, 422}


def ask(gateway: Gateway, path: str, body: bytes) -> Reply:
    return asyncio.run(ask_in_loop(gateway, "POST", path, body, JSON_TYPE))


def test_bentoml_describes_what_the_contract_says(model: LoadedModel) -> None:
    described = {route["route"]: route["input"] for route in SERVICE.schema()["routes"]}
    single = described["/api/v1/predict/battle"]
    assert single["required"] == ["pokemon_1_id", "pokemon_2_id"]
    assert single["properties"]["pokemon_1_id"]["maximum"] == 20_000
    assert "openapi" in SERVICE.openapi_spec.asdict()
