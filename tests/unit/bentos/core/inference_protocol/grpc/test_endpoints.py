"""What answers the calls, through the gateway and without a connection."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from bentos.core.auth import KeyRing
from bentos.core.gateway import Gateway
from bentos.core.inference_protocol.endpoints import GRPC_SCHEME
from bentos.core.inference_protocol.grpc import messages
from bentos.core.inference_protocol.grpc.endpoints import METHODS, MOST_QUESTION_BYTES, PROBES, GrpcMethods
from bentos.core.metrics import GRPC_METHOD
from bentos.core.model import LoadedModel
from tests.support.asking import Reply, ask, post
from tests.support.grpc_calls import INFER, infer_message, leaves
from tests.support.tiny.definition import FAULTY_HEIGHT, FORBIDDEN_HEIGHT
from tests.support.tiny.tensors import DEFINITION

KEY = "a key that nobody guesses"
CHECK = f"/{messages.HEALTH_SERVICE}/Check"


def methods_of(gateway: Gateway) -> GrpcMethods:
    return GrpcMethods("tiny", gateway.router, gateway.metrics, gateway.workers, gateway.readiness)


@pytest.fixture
def called(speaking: Gateway, speaking_model: LoadedModel) -> Gateway:
    """A gateway that takes calls for the tiny model."""
    assert speaking_model.tensors is not None
    methods_of(speaking).open("7", speaking_model.tensors)
    return speaking


@pytest.fixture
def starting() -> Iterator[Gateway]:
    """A gateway without a model."""
    made = Gateway(DEFINITION)
    methods_of(made)
    yield made
    made.close()


def call(gateway: Gateway, method: str, message: Any = None, headers: dict[str, str] | None = None) -> Reply:
    body = b"" if message is None else message.SerializeToString()
    path = method if method.startswith("/") else f"/{messages.SERVICE}/{method}"
    return ask(gateway, GRPC_METHOD, GRPC_SCHEME + path, body, headers)


def test_server_says_what_it_is_and_that_it_is_alive_and_ready(called: Gateway) -> None:
    assert messages.ServerLiveResponse.FromString(call(called, "ServerLive").content).live
    assert messages.ServerReadyResponse.FromString(call(called, "ServerReady").content).ready
    found = messages.ServerMetadataResponse.FromString(call(called, "ServerMetadata").content)
    # Bytes behind JSON are an extension of REST; here they are part of the protocol.
    assert (found.name, list(found.extensions)) == ("ekiben", [])


@pytest.mark.parametrize("version", ["", "7"])
def test_model_answers_with_and_without_its_version(called: Gateway, version: str) -> None:
    ready = call(called, "ModelReady", messages.ModelReadyRequest(name="tiny", version=version))
    assert messages.ModelReadyResponse.FromString(ready.content).ready
    reply = call(called, "ModelMetadata", messages.ModelMetadataRequest(name="tiny", version=version))
    found = messages.ModelMetadataResponse.FromString(reply.content)
    assert (found.name, list(found.versions), found.platform) == ("tiny", ["7"], "tiny_ubj")
    assert [(one.name, one.datatype, list(one.shape)) for one in found.inputs] == [
        ("height", "FP32", [-1]),
        ("width", "FP32", [-1]),
        ("name", "BYTES", [-1]),
        ("veins", "INT16", [-1, 2, 2]),
    ]
    assert [one.name for one in found.outputs] == ["probability", "oak", "name", "veins"]


@pytest.mark.parametrize(("model", "version"), [("other", ""), ("tiny", "8"), ("tiny", "x" * 9000)])
@pytest.mark.parametrize("method", ["ModelReady", "ModelMetadata", "ModelInfer"])
def test_other_models_and_versions_are_unknown(
    called: Gateway, method: str, model: str, version: str
) -> None:
    kind = messages.ModelReadyRequest(name=model, version=version)
    message = infer_message(leaves(), True, model, version) if method == "ModelInfer" else kind
    reply = call(called, method, message)
    if len(version) > MOST_QUESTION_BYTES and method != "ModelInfer":
        assert reply.status == 413
        return
    assert reply.status == 404
    assert reply.content.decode().endswith("the model here is 'tiny', its version '7'.")


@pytest.mark.parametrize("count", [1, 2, 3, 1000])
@pytest.mark.parametrize("raw", [True, False])
def test_answer_is_the_one_over_rest(called: Gateway, count: int, raw: bool) -> None:
    given = leaves(count)
    reply = call(called, INFER, infer_message(given, raw, outputs=["oak"], request_id="42"))
    found = messages.ModelInferResponse.FromString(reply.content)
    assert (reply.status, found.id, found.model_version) == (200, "42", "7")
    oaks = (
        [bool(byte) for byte in found.raw_output_contents[0]]
        if raw
        else found.outputs[0].contents.bool_contents
    )
    inputs = [
        {"name": name, "shape": [count], "datatype": datatype, "data": values}
        for name, (datatype, values) in given.items()
    ]
    expected = post(called, "/v2/models/tiny/infer", {"inputs": inputs, "outputs": [{"name": "oak"}]}).json
    assert list(oaks) == expected["outputs"][0]["data"]


def test_every_kind_of_tensor_goes_in_and_comes_out(called: Gateway) -> None:
    given = {**leaves(2), "name": ("BYTES", [b"a", b"\xff"]), "veins": ("INT16", [[[1, 2], [3, 4]]] * 2)}
    found = messages.ModelInferResponse.FromString(call(called, INFER, infer_message(given, False)).content)
    outputs = {one.name: one for one in found.outputs}
    assert list(outputs["name"].contents.bytes_contents) == [b"a", b"\xff"]
    assert list(outputs["veins"].shape) == [2, 2, 2]
    assert list(outputs["veins"].contents.int_contents) == [1, 2, 3, 4] * 2


@pytest.mark.parametrize("rows", [1, 100])
def test_rows_that_the_model_can_not_take_are_named(called: Gateway, rows: int) -> None:
    reply = call(called, INFER, infer_message(leaves(rows, FORBIDDEN_HEIGHT), True))
    assert (reply.status, reply.content) == (422, b"height[0]: no leaf is this high")


@pytest.mark.parametrize("rows", [1, 100])
def test_fault_is_answered_without_detail_and_logged_with_it(called: Gateway, rows: int) -> None:
    with capture_logs() as lines:
        reply = call(called, INFER, infer_message(leaves(rows, FAULTY_HEIGHT), True))
    assert (reply.status, reply.content) == (500, b"The server failed to answer.")
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["A request failed"]


def test_message_that_is_none_or_too_large_is_refused(called: Gateway) -> None:
    path = GRPC_SCHEME + INFER
    assert ask(called, GRPC_METHOD, path, b"\xff").status == 400
    assert ask(called, GRPC_METHOD, path, b"\x0a" * 70_000).status == 413


def test_calls_and_predictions_are_counted(called: Gateway) -> None:
    call(called, INFER, infer_message(leaves(100), True))
    call(called, INFER, infer_message(leaves(), True, model="other"))
    text = ask(called, "GET", "/metrics").content.decode()
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    counted = {
        (one.labels["route"], one.labels["code"]): one.value
        for one in samples
        if one.name == "ekiben_requests_total" and one.labels["method"] == GRPC_METHOD
    }
    assert counted == {(INFER, "200"): 1, (INFER, "404"): 1}
    assert sum(called.metrics.predictions.outcomes.values()) == 100


def test_all_but_probes_ask_for_a_key(speaking_model: LoadedModel) -> None:
    locked = Gateway(DEFINITION, KeyRing([hashlib.sha256(KEY.encode()).digest()]))
    locked.open(speaking_model)
    assert speaking_model.tensors is not None
    methods_of(locked).open("7", speaking_model.tensors)
    assert {call(locked, method).status for method in PROBES} == {200}
    for method in METHODS - PROBES:
        reply = call(locked, method)
        assert (method, reply.status) == (method, 401)
        assert reply.content == b"The request has no X-API-Key header."
    message = infer_message(leaves(), True)
    assert call(locked, INFER, message, {"x-api-key": KEY}).status == 200
    assert call(locked, INFER, message, {"authorization": f"Bearer {KEY}"}).status == 200
    locked.close()


def health(gateway: Gateway, service: str = "") -> int:
    reply = call(gateway, CHECK, messages.HealthCheckRequest(service=service))
    status: int = messages.HealthCheckResponse.FromString(reply.content).status
    return status


def test_health_is_that_of_the_process(called: Gateway, starting: Gateway) -> None:
    for service in ("", messages.SERVICE):
        assert health(called, service) == messages.SERVING
        assert health(starting, service) == messages.NOT_SERVING
    assert health(called, "other") == messages.SERVICE_UNKNOWN


def test_before_a_model_is_loaded_it_is_alive_and_not_ready(starting: Gateway) -> None:
    assert messages.ServerLiveResponse.FromString(call(starting, "ServerLive").content).live
    assert not messages.ServerReadyResponse.FromString(call(starting, "ServerReady").content).ready
    asked = messages.ModelReadyRequest(name="tiny", version="7")
    assert not messages.ModelReadyResponse.FromString(call(starting, "ModelReady", asked).content).ready
    for method in ("ModelMetadata", "ModelInfer"):
        reply = call(starting, method)
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert "being fetched" in reply.content.decode()


def test_while_stopping_it_is_not_ready_and_answers(called: Gateway) -> None:
    called.begin_stopping()
    assert health(called) == messages.NOT_SERVING
    assert not messages.ServerReadyResponse.FromString(call(called, "ServerReady").content).ready
    assert call(called, INFER, infer_message(leaves(), True)).status == 200


def test_calls_can_not_be_made_over_http(called: Gateway) -> None:
    for path in (INFER, GRPC_SCHEME + INFER):
        assert ask(called, "POST", path, b"").status in (404, 405)
