"""What every answer has in common, and how the gateway treats each kind of route."""

import hashlib
import json
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from bentos.core.admission import Admission
from bentos.core.auth import KeyRing
from bentos.core.exchange import CLIENT_GONE
from bentos.core.gateway import Gateway
from bentos.core.headers import security_headers
from bentos.core.model import LoadedModel
from bentos.core.pages import BUNDLES
from tests.support.asking import JSON, ask, post
from tests.support.places import one_place_taken
from tests.support.tiny.definition import DEFINITION, FAULTY_HEIGHT, LEAF

LEAF_PATH = "/api/v1/leaf"
KEY = "a key that nobody guesses"
PUBLIC_PATHS = {
    "/livez",
    "/readyz",
    "/metrics",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/docs/start.js",
    "/redoc/page.css",
}
PUBLIC_PATHS |= {bundle.path for bundle in BUNDLES}


@pytest.fixture
def locked(tiny_model: LoadedModel) -> Iterator[Gateway]:
    """A gateway that asks for a key."""
    made = Gateway(DEFINITION, KeyRing([hashlib.sha256(KEY.encode()).digest()]))
    made.open(tiny_model)
    yield made
    made.close()


def counted(gateway: Gateway, route: str, method: str = "POST") -> dict[int, int]:
    return dict(gateway.metrics.series(route, method).codes)


def test_hot_route_answers_with_the_model_that_it_names(gateway: Gateway) -> None:
    reply = post(gateway, LEAF_PATH, LEAF)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-length"] == str(len(reply.content))
    assert reply.json["model_version"] == "7"
    assert 0.5 <= reply.json["confidence"] <= 1


@pytest.mark.parametrize("count", [1, 63, 64, 1000])
def test_batch_answers_as_single_requests_do_whichever_engine_takes_it(gateway: Gateway, count: int) -> None:
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


def test_body_that_comes_in_parts_is_put_together(gateway: Gateway) -> None:
    reply = ask(gateway, "POST", LEAF_PATH, [b'{"height": 1', b'2.5, "wid', b'th": 3.5}'], JSON)
    assert reply.json == post(gateway, LEAF_PATH, LEAF).json


def test_path_and_query_parameters_reach_the_handler(gateway: Gateway) -> None:
    assert ask(gateway, "GET", "/api/v1/trees/2").json == {"id": 2, "name": "beech"}
    assert ask(gateway, "GET", "/api/v1/trees/2/neighbours?limit=1").json == {
        "trees": [{"id": 1, "name": "oak"}]
    }
    assert len(ask(gateway, "GET", "/api/v1/trees").json["trees"]) == 3


def test_path_parameter_of_the_wrong_type_is_a_404_that_says_so(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", "/api/v1/trees/oak")
    assert reply.status == 404
    assert reply.json["detail"] == "id in the path is 'oak': Expected `int`, got `str`."


def test_bad_query_parameters_are_all_named(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", "/api/v1/trees?limit=many&colour=red&limit=2")
    assert reply.status == 422
    assert [error["field"] for error in reply.json["errors"]] == ["limit", "colour"]


def test_head_is_answered_as_get_without_content(gateway: Gateway) -> None:
    head, get = ask(gateway, "HEAD", "/api/v1/trees/1"), ask(gateway, "GET", "/api/v1/trees/1")
    assert head.status == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))
    assert counted(gateway, "/api/v1/trees/{id}", "HEAD") == {200: 1}


def test_options_names_the_methods(gateway: Gateway) -> None:
    reply = ask(gateway, "OPTIONS", "/api/v1/trees/1")
    assert (reply.status, reply.headers["allow"], reply.content) == (204, "GET, HEAD, OPTIONS", b"")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "BREW"])
def test_other_methods_are_refused_with_the_ones_that_are_taken(gateway: Gateway, method: str) -> None:
    reply = ask(gateway, method, LEAF_PATH)
    assert (reply.status, reply.headers["allow"]) == (405, "OPTIONS, POST")
    assert counted(gateway, LEAF_PATH, "other") == {405: 1}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", LEAF_PATH, 400),
        ("GET", "/api/v1/trees/1", 200),
        ("OPTIONS", LEAF_PATH, 204),
        ("PUT", LEAF_PATH, 405),
        ("GET", "/nowhere", 404),
        ("GET", "/livez", 200),
        ("GET", "/metrics", 200),
        ("GET", "/openapi.json", 200),
    ],
)
def test_every_answer_has_security_headers_and_a_request_id(
    gateway: Gateway, method: str, path: str, status: int
) -> None:
    reply = ask(gateway, method, path)
    assert reply.status == status
    for name, value in security_headers():
        assert reply.headers[name.decode()] == value.decode()
    assert reply.headers["x-request-id"]


def test_request_id_comes_back_if_it_is_usable(gateway: Gateway) -> None:
    assert (
        ask(gateway, "GET", "/livez", headers={"X-Request-ID": "abc-1._Z"}).headers["x-request-id"]
        == "abc-1._Z"
    )
    forged = ask(gateway, "GET", "/livez", headers={"X-Request-ID": "two words"}).headers["x-request-id"]
    assert forged != "two words"


def test_failing_handler_is_answered_without_detail_and_logged_with_it(gateway: Gateway) -> None:
    with capture_logs() as lines:
        reply = post(gateway, LEAF_PATH, {"height": FAULTY_HEIGHT, "width": 1})
    assert reply.status == 500
    assert b"secret" not in reply.content
    assert b"Zero" not in reply.content
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["A request failed"]


def test_every_path_but_probes_metrics_and_pages_asks_for_a_key(locked: Gateway) -> None:
    open_paths = {path for path in locked.router.paths() if ask(locked, "GET", path).status != 401}
    assert open_paths == PUBLIC_PATHS


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "BREW"])
def test_no_method_gets_around_the_key(locked: Gateway, method: str) -> None:
    for path in ("/api/v1/trees/1", LEAF_PATH, "/nowhere", "/docs/nowhere", "//livez", "/livez/"):
        reply = ask(locked, method, path)
        assert (path, reply.status) == (path, 401)
        assert reply.headers["www-authenticate"]


def test_key_opens_the_routes(locked: Gateway) -> None:
    assert post(locked, LEAF_PATH, LEAF, {"X-API-Key": KEY}).status == 200
    assert post(locked, LEAF_PATH, LEAF, {"Authorization": f"Bearer {KEY}"}).status == 200
    assert post(locked, LEAF_PATH, LEAF, {"X-API-Key": KEY + "?"}).status == 401
    assert ask(locked, "GET", "/nowhere", headers={"X-API-Key": KEY}).status == 404


def test_body_is_not_read_before_the_key_is_checked(locked: Gateway) -> None:
    assert ask(locked, "POST", LEAF_PATH, b"{" * 10_000_000, JSON).status == 401


def test_client_that_leaves_is_counted_and_nothing_else(gateway: Gateway) -> None:
    reply = ask(gateway, "POST", LEAF_PATH, [b'{"height":'], JSON, disconnects=True)
    assert reply.status == 0
    assert counted(gateway, LEAF_PATH) == {CLIENT_GONE: 1}


def test_before_a_model_is_loaded_probes_answer_and_routes_do_not() -> None:
    starting = Gateway(DEFINITION)
    assert ask(starting, "GET", "/livez").status == 200
    assert ask(starting, "GET", "/readyz").status == 503
    reply = post(starting, LEAF_PATH, LEAF)
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")


def test_while_stopping_requests_are_answered_and_sent_elsewhere(gateway: Gateway) -> None:
    gateway.begin_stopping()
    for path, status in (("/readyz", 503), ("/livez", 200), ("/api/v1/trees/1", 200), ("/nowhere", 404)):
        reply = ask(gateway, "GET", path)
        assert (path, reply.status, reply.headers["connection"]) == (path, status, "close")
    assert post(gateway, LEAF_PATH, LEAF).headers["connection"] == "close"


def test_what_was_refused_before_is_counted_where_it_would_have_been(gateway: Gateway) -> None:
    for method in (b"POST", b"PUT"):
        gateway.count_refusal(LEAF_PATH.encode() + b"?a=b", method)
    assert counted(gateway, LEAF_PATH) == {429: 1}
    assert counted(gateway, LEAF_PATH, "other") == {429: 1}
    gateway.count_refusal(b"/nobody/knows", b"GET")
    assert counted(gateway, "unknown", "other") == {429: 1}


def test_batch_that_finds_no_place_is_refused_before_it_is_read(tiny_model: LoadedModel) -> None:
    crowded = Gateway(DEFINITION, worker_threads=1, most_waiting=0)
    crowded.open(tiny_model)
    with one_place_taken(crowded.workers):
        large = {**JSON, "content-length": "100000"}
        assert ask(crowded, "POST", "/api/v1/leaves", [], large, disconnects=True).status == 429
        small = {"content-length": "100"}
        assert post(crowded, "/api/v1/leaves", {"leaves": [LEAF]}, small).status == 200
        assert post(crowded, LEAF_PATH, LEAF).status == 200
    crowded.close()


def test_requests_that_need_a_worker_are_refused_at_the_door_while_there_is_none(
    tiny_model: LoadedModel,
) -> None:
    admission = Admission()
    crowded = Gateway(DEFINITION, worker_threads=1, most_waiting=0, admission=admission)
    crowded.open(tiny_model)
    paths = {b"/api/v1/leaves", b"/api/v1/explanation", b"/api/v1/nap", LEAF_PATH.encode()}
    with one_place_taken(crowded.workers):
        refused = {path for path in paths if admission.refuses(path, 0, 100_000) == "workers"}
    assert refused == paths - {LEAF_PATH.encode()}
    assert {admission.refuses(path, 0, 100_000) for path in paths} == {None}
    crowded.close()


def test_refusals_are_counted_and_not_logged_one_by_one(tiny_model: LoadedModel) -> None:
    crowded = Gateway(DEFINITION, worker_threads=1, most_waiting=0)
    crowded.open(tiny_model)
    with capture_logs() as lines, one_place_taken(crowded.workers):
        post(crowded, "/api/v1/nap", {"seconds": 0.0})
    assert lines == []
    assert counted(crowded, "/api/v1/nap") == {429: 1}
    crowded.close()


def test_errors_are_logged_and_successes_are_sampled(tiny_model: LoadedModel) -> None:
    sampling = Gateway(DEFINITION, access_sample=0.5)
    sampling.open(tiny_model)
    with capture_logs() as lines:
        for _ in range(10):
            post(sampling, LEAF_PATH, LEAF)
        ask(sampling, "GET", "/nowhere?key=private")
    assert [line["status"] for line in lines] == [200] * 5 + [404]
    assert lines[-1]["path"] == "/nowhere"
    assert "private" not in json.dumps(lines)
