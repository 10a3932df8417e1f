"""What every answer has in common, and how the gateway treats each kind of route."""

import json
import logging

import pytest
import structlog

from bentos.core.auth import KeyRing
from bentos.core.errors import PROBLEMS, RequestError
from bentos.core.exchange import CLIENT_GONE, Exchange
from bentos.core.gateway import Gateway
from bentos.core.headers import security_headers
from bentos.core.metrics import Series
from bentos.core.model import LoadedModel
from tests.support.asking import JSON, Reply, ask, post
from tests.support.tiny.definition import DEFINITION, FAULTY_HEIGHT, FORBIDDEN_HEIGHT, LEAF

LEAF_PATH = "/api/v1/leaf"


def requests_counted(gateway: Gateway, route: str, method: str) -> dict[int, int]:
    return dict(gateway.metrics.series(route, method).codes)


def test_hot_route_answers_with_the_model_that_it_names(gateway: Gateway) -> None:
    reply = post(gateway, LEAF_PATH, LEAF)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-length"] == str(len(reply.content))
    assert reply.json["model_version"] == "7"
    assert 0.5 <= reply.json["confidence"] <= 1


@pytest.mark.parametrize("count", [1, 64, 65, 1000])
def test_batch_gives_the_same_answers_as_its_rows_whichever_engine_takes_it(
    gateway: Gateway, count: int
) -> None:
    leaves = [{"height": float(index % 100), "width": float(index * 7 % 100)} for index in range(count)]
    many = post(gateway, "/api/v1/leaves", {"leaves": leaves}).json["answers"]
    assert len(many) == count
    for leaf, answer in list(zip(leaves, many, strict=True))[:3]:
        single = post(gateway, LEAF_PATH, leaf).json
        assert answer["oak"] == single["oak"]
        assert answer["confidence"] == pytest.approx(single["confidence"], abs=1e-6)


def test_offloaded_and_awaiting_handlers_answer(gateway: Gateway) -> None:
    assert len(post(gateway, "/api/v1/explanation", LEAF).json) == 3
    assert post(gateway, "/api/v1/wait", {"seconds": 0}).json == {"seconds": 0.0}


def test_path_and_query_parameters_reach_the_handler(gateway: Gateway) -> None:
    assert ask(gateway, "GET", "/api/v1/trees/2").json == {"id": 2, "name": "beech"}
    assert ask(gateway, "GET", "/api/v1/trees/2/neighbours?limit=1").json == {"trees": [{"id": 1, "name": "oak"}]}
    assert len(ask(gateway, "GET", "/api/v1/trees").json["trees"]) == 3


def test_path_parameter_of_the_wrong_type_is_a_404_that_says_so(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", "/api/v1/trees/oak")
    assert reply.status == 404
    assert reply.json["detail"] == "id in the path is 'oak': Expected `int`, got `str`."


def test_bad_query_parameters_are_all_named(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", "/api/v1/trees?limit=many&colour=red&limit=2")
    assert reply.status == 422
    assert [error["field"] for error in reply.json["errors"]] == ["limit", "colour"]


def _raising(error: RequestError) -> LoadedModelWithRoute:
    raise error


@pytest.fixture
def broken(gateway: Gateway) -> Gateway:
    """A gateway with a route for each kind of problem, whose handler raises it."""
    for kind in PROBLEMS:
        gateway.router.add("GET", f"/{kind.slug}", Raising(kind, gateway.metrics.series(f"/{kind.slug}", "GET")))
    return gateway
