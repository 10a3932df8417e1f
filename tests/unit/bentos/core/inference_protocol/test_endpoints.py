"""What answers under `/v2`, through the gateway."""

import hashlib
import json

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from bentos.core.auth import KeyRing
from bentos.core.gateway import Gateway
from bentos.core.headers import security_headers
from bentos.core.json_bodies import INLINE_BODY_BYTES
from bentos.core.model import LoadedModel
from tests.support.asking import JSON, Reply, ask, post
from tests.support.leaves_in_tensors import LENGTH, in_bytes, leaves, tensor
from tests.support.places import one_place_taken
from tests.support.tiny.definition import DEFINITION as SILENT
from tests.support.tiny.definition import FAULTY_HEIGHT, FORBIDDEN_HEIGHT
from tests.support.tiny.tensors import DEFINITION, MOST_LEAVES

MODEL, VERSION = "/v2/models/tiny", "/v2/models/tiny/versions/7"
INFER = f"{MODEL}/infer"
KEY = "a key that nobody guesses"


def error_of(reply: Reply) -> str:
    """The sentence of an error, which must be all that there is."""
    assert reply.status >= 400
    assert reply.headers["content-type"] == "application/json"
    assert list(reply.json) == ["error"]
    found: str = reply.json["error"]
    assert found
    return found


def test_server_says_what_it_is_and_that_it_is_alive_and_ready(speaking: Gateway) -> None:
    server = ask(speaking, "GET", "/v2").json
    assert (server["name"], server["extensions"]) == ("ekiben", ["binary_tensor_data"])
    assert set(server) == {"name", "version", "extensions"}
    assert ask(speaking, "GET", "/v2/health/live").json == {"live": True}
    assert ask(speaking, "GET", "/v2/health/ready").json == {"live": True, "ready": True}


@pytest.mark.parametrize("path", [MODEL, VERSION])
def test_model_answers_with_and_without_its_version(speaking: Gateway, path: str) -> None:
    assert ask(speaking, "GET", path).json["versions"] == ["7"]
    assert ask(speaking, "GET", f"{path}/ready").json == {"name": "tiny", "ready": True}
    answer = post(speaking, f"{path}/infer", {"id": "42", **leaves()}).json
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("tiny", "7", "42")
    assert [one["name"] for one in answer["outputs"]] == ["probability", "oak", "name", "veins"]


def test_answer_is_the_one_of_the_other_route(speaking: Gateway) -> None:
    expected = post(speaking, "/api/v1/leaf", {"height": 12.5, "width": 3.5}).json
    found = {one["name"]: one["data"] for one in post(speaking, INFER, leaves()).json["outputs"]}
    assert found["oak"] == [expected["oak"]]
    assert max(found["probability"][0], 1 - found["probability"][0]) == pytest.approx(expected["confidence"])


@pytest.mark.parametrize("count", [1, 2, 3, 100, MOST_LEAVES])
def test_rows_in_bytes_and_in_json_answer_alike_wherever_they_are_computed(
    speaking: Gateway, count: int
) -> None:
    document = leaves(count)
    body, headers = in_bytes({**document, "parameters": {"binary_data_output": True}})
    assert (len(body) > INLINE_BODY_BYTES) == (count == MOST_LEAVES)
    plain, packed = post(speaking, INFER, document), ask(speaking, "POST", INFER, body, headers)
    assert packed.headers["content-type"] == "application/octet-stream"
    length = int(packed.headers[LENGTH])
    outputs = json.loads(packed.content[:length])["outputs"]
    size = outputs[0]["parameters"]["binary_data_size"]
    probability = np.frombuffer(packed.content[length : length + size], "<f4")
    assert probability.tolist() == plain.json["outputs"][0]["data"]
    assert len(packed.content) == length + sum(one["parameters"]["binary_data_size"] for one in outputs)
    assert packed.headers["content-length"] == str(len(packed.content))


def test_every_kind_of_tensor_goes_in_and_comes_out(speaking: Gateway) -> None:
    given = leaves(2)
    veins = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    given["inputs"] += [tensor("name", ["a", "é"], "BYTES"), tensor("veins", veins, "INT16")]
    outputs = {one["name"]: one for one in post(speaking, INFER, given).json["outputs"]}
    assert outputs["name"]["data"] == ["a", "é"]
    assert (outputs["veins"]["shape"], outputs["veins"]["data"]) == ([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])


def test_only_requested_outputs_come_back(speaking: Gateway) -> None:
    wanted = [{"name": "veins"}, {"name": "oak", "parameters": {"binary_data": True}}]
    reply = post(speaking, INFER, {**leaves(3), "outputs": wanted})
    length = int(reply.headers[LENGTH])
    outputs = json.loads(reply.content[:length])["outputs"]
    assert [(one["name"], "data" in one) for one in outputs] == [("veins", True), ("oak", False)]
    assert len(reply.content) == length + 3


@pytest.mark.parametrize(
    "path",
    [
        "/v2/",
        "/v2/nowhere",
        "/v2/models",
        "/v2/models/",
        "/v2/models/other",
        "/v2/models/other/infer",
        "/v2/models/tiny/",
        "/v2/models/tiny/versions/8",
        "/v2/models/tiny/versions/8/infer",
        "/v2/models/tiny/versions/",
        "/v2/models/Tiny",
        "/v2/models/tiny/infer/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_models_versions_and_paths_are_not_there(speaking: Gateway, path: str, method: str) -> None:
    reply = ask(speaking, method, path, headers=JSON)
    assert reply.status == 404
    assert "the model here is 'tiny', its version '7'" in error_of(reply)


def test_made_up_names_make_no_metrics(speaking: Gateway) -> None:
    for number in range(20):
        ask(speaking, "GET", f"/v2/models/made-up-{number}")
    post(speaking, INFER, leaves())
    post(speaking, f"{VERSION}/infer", leaves())
    text = ask(speaking, "GET", "/metrics").content.decode()
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    routes = {
        one.labels["route"]: one.value
        for one in samples
        if one.name == "ekiben_requests_total" and one.labels["route"].startswith("/v2")
    }
    assert routes == {
        "/v2/unknown": 20,
        "/v2/models/{model}/infer": 1,
        "/v2/models/{model}/versions/{version}/infer": 1,
    }


def test_predictions_are_counted(speaking: Gateway) -> None:
    outputs = post(speaking, INFER, {**leaves(100), "outputs": [{"name": "oak"}]}).json["outputs"]
    oaks = sum(outputs[0]["data"])
    assert 0 < oaks < 100
    assert dict(speaking.metrics.predictions.outcomes) == {"oak": oaks, "other": 100 - oaks}
    assert speaking.metrics.predictions.confidence.cumulated()[-1] == 100


@pytest.mark.parametrize("rows", [1, 100])
def test_rows_that_the_model_can_not_take_are_named(speaking: Gateway, rows: int) -> None:
    reply = post(speaking, INFER, leaves(rows, first=FORBIDDEN_HEIGHT))
    assert reply.status == 422
    assert error_of(reply) == "height[0]: no leaf is this high"


@pytest.mark.parametrize("rows", [1, 100])
def test_fault_is_answered_without_detail_and_logged_with_it(speaking: Gateway, rows: int) -> None:
    with capture_logs() as lines:
        reply = post(speaking, INFER, leaves(rows, first=FAULTY_HEIGHT))
    assert (reply.status, error_of(reply)) == (500, "The server failed to answer.")
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["A request failed"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        (b"", {}, 400, "The body is empty."),
        (b"{", {}, 400, "truncated"),
        (b'{"inputs": ' + b"[" * 40 + b"]" * 40 + b"}", {}, 400, "nested more than 32 levels deep"),
        (b"[]", {}, 422, "Expected `object`"),
        (b"{}", {LENGTH: "3"}, 400, "is not a number up to 2"),
        (b"{}", {LENGTH: "-1"}, 400, "is not a number up to 2"),
        (b"{}", {LENGTH: "two"}, 400, "is not a number up to 2"),
        (b"{}", {LENGTH: "9" * 9000}, 400, "is not a number up to 2"),
        (b"{}", {LENGTH: "0"}, 400, "The body is empty."),
        (b" " * 70_000, {}, 413, "at most 65536 bytes"),
        (b"{}", {"content-type": "text/plain"}, 415, "'text/plain' is not application/json"),
        (b"{}", {"content-type": "application/json; charset=utf-16"}, 415, "JSON is UTF-8"),
        (b"{}", {"content-encoding": "gzip"}, 415, "Compressed"),
    ],
)
def test_body_that_is_none_is_refused(
    speaking: Gateway, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    reply = ask(speaking, "POST", INFER, body, {**JSON, **headers})
    assert reply.status == status
    assert reason in error_of(reply)


def test_body_without_content_type_is_read_unless_a_page_sends_it(speaking: Gateway) -> None:
    body = json.dumps(leaves()).encode()
    assert ask(speaking, "POST", INFER, body).status == 200
    reply = ask(speaking, "POST", INFER, body, {"origin": "https://example.org"})
    assert (reply.status, error_of(reply)) == (415, "The request comes from a page and has no Content-Type.")


@pytest.mark.parametrize(("method", "path", "allowed"), [("GET", INFER, "POST"), ("POST", MODEL, "GET")])
def test_wrong_method_is_told_the_right_ones(speaking: Gateway, method: str, path: str, allowed: str) -> None:
    reply = ask(speaking, method, path)
    assert (reply.status, allowed in reply.headers["allow"].split(", ")) == (405, True)
    assert error_of(reply).startswith(f"{method} is not one of")


@pytest.mark.parametrize("method", ["GET", "GRPC", "BREW"])
def test_errors_have_the_form_and_the_headers_of_every_answer(speaking: Gateway, method: str) -> None:
    reply = ask(speaking, method, "/v2/nowhere", headers={"x-request-id": "abc"})
    assert error_of(reply).startswith("There is nothing under '/v2/nowhere'")
    assert reply.headers["x-request-id"] == "abc"
    for name, value in security_headers():
        assert reply.headers[name.decode()] == value.decode()


def test_all_but_health_asks_for_a_key(speaking_model: LoadedModel) -> None:
    locked = Gateway(DEFINITION, KeyRing([hashlib.sha256(KEY.encode()).digest()]))
    locked.open(speaking_model)
    for path in ("/v2/health/live", "/v2/health/ready"):
        assert ask(locked, "GET", path).status == 200
    for path in ("/v2", MODEL, f"{MODEL}/ready", f"{VERSION}/ready", INFER, "/v2/nowhere", "/v2/health"):
        reply = ask(locked, "GET", path)
        assert (path, reply.status, bool(reply.headers["www-authenticate"])) == (path, 401, True)
        assert error_of(reply) == "The request has no X-API-Key header."
    assert ask(locked, "POST", INFER, b"{" * 10_000_000, JSON).status == 401
    assert post(locked, INFER, leaves(), {"X-API-Key": KEY}).status == 200
    assert post(locked, INFER, leaves(), {"Authorization": f"Bearer {KEY}"}).status == 200
    locked.close()


def test_large_request_that_finds_no_place_is_refused_before_it_is_read(speaking_model: LoadedModel) -> None:
    crowded = Gateway(DEFINITION, worker_threads=1, most_waiting=0)
    crowded.open(speaking_model)
    with one_place_taken(crowded.workers):
        for size in ({"content-length": "100000"}, {"transfer-encoding": "chunked"}):
            assert ask(crowded, "POST", INFER, [], {**JSON, **size}, disconnects=True).status == 429
        assert post(crowded, INFER, leaves(), {"content-length": "100"}).status == 200
    crowded.close()


def test_before_a_model_is_loaded_it_is_alive_and_not_ready() -> None:
    starting = Gateway(DEFINITION)
    assert ask(starting, "GET", "/v2/health/live").status == 200
    assert ask(starting, "GET", "/v2").status == 200
    for path in ("/v2/health/ready", f"{MODEL}/ready", INFER):
        reply = ask(starting, "GET", path)
        assert (path, reply.status, reply.headers["retry-after"]) == (path, 503, "1")
        assert "being fetched" in error_of(reply)
    starting.close()


def test_while_stopping_it_is_not_ready_and_answers(speaking: Gateway) -> None:
    speaking.begin_stopping()
    for path in ("/v2/health/ready", f"{MODEL}/ready", f"{VERSION}/ready"):
        assert ask(speaking, "GET", path).status == 503
    for reply in (post(speaking, INFER, leaves()), ask(speaking, "POST", INFER, *in_bytes(leaves(3)))):
        assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert ask(speaking, "GET", "/v2/nowhere").headers["connection"] == "close"


def test_service_without_tensors_knows_nothing_of_it(gateway: Gateway) -> None:
    assert SILENT.tensors is None
    for path in ("/v2", "/v2/health/live", INFER):
        reply = ask(gateway, "GET", path)
        assert (reply.status, reply.json["type"]) == (404, "urn:ekiben:problem:unknown-resource")
