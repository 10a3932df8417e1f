"""The Open Inference Protocol on battle, asked by others' clients, of our process and of BentoML's server."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.support.battle_package import VERSION, make_battle_package
from tests.support.battle_rows import EXPECTED, ROWS
from tests.support.foreign_clients import call_with
from tests.support.serving import Answered, ServerProcess, bentoml_serving, serving
from training.core.pins import Rollout

KEY = "a key for the clients"
SECRET = {"EKIBEN_AUTH_KEY_DIGESTS": hashlib.sha256(KEY.encode()).hexdigest()}
HEADERS = {"X-API-Key": KEY}
INFER = "/v2/models/battle/infer"


@pytest.fixture(scope="module")
def pin(tmp_path_factory: pytest.TempPathFactory) -> Rollout:
    return make_battle_package(tmp_path_factory.mktemp("battle"))


@pytest.fixture(scope="module")
def ours(pin: Rollout) -> Iterator[ServerProcess]:
    with serving({**pin.environment(), **SECRET}, "battle") as process:
        yield process


@pytest.fixture(scope="module")
def theirs(pin: Rollout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("bentoml")
    environment = {**pin.environment(), **SECRET}
    with bentoml_serving("bentos.battle.service:Battle", "battle", environment, home) as process:
        yield process


def call(script: str, package: str, process: ServerProcess) -> Any:
    """Return what a client in an environment of its own finds out."""
    return call_with(script, package, process.port, KEY, ROWS)


@pytest.mark.parametrize("server", ["ours", "theirs"])
def test_client_of_triton_works(server: str, request: pytest.FixtureRequest) -> None:
    found = call("triton.py", "tritonclient[http]==2.73.0", request.getfixturevalue(server))
    assert [found[name] for name in ("live", "ready", "model_ready", "version_ready", "other_ready")] == [
        *(True, True, True, True),
        False,
    ]
    assert found["server"]["extensions"] == ["binary_tensor_data"]
    assert found["model"]["versions"] == [VERSION]
    for ways in ("True True", "True False", "False True", "False False"):
        assert found[ways] == {"id": "42", "version": VERSION, "outputs": EXPECTED}
    assert found["all"] == found["later"] == {"id": None, "version": VERSION, "outputs": EXPECTED}
    assert found["refused"][0] == "422"
    assert found["refused"][1].startswith("pokemon_1_id[0]: no Pokémon has the id 9999")
    status, sentence = found["unknown"]
    assert status == "404"
    assert sentence.startswith("There is nothing under '/v2/models/other/infer': the model here is 'battle'")
    assert found["keyless"] == ["401", "The request has no X-API-Key header."]


@pytest.mark.parametrize("server", ["ours", "theirs"])
def test_client_of_kserve_works(server: str, request: pytest.FixtureRequest) -> None:
    found = call("kserve_rest.py", "kserve==0.21.0", request.getfixturevalue(server))
    assert [found[name] for name in ("live", "ready", "model_ready", "other_ready")] == [
        True,
        True,
        True,
        False,
    ]
    for ways in ("True True", "True False", "False True", "False False"):
        assert found[ways] == {"id": "42", "model": "battle", "outputs": EXPECTED}
    assert found["refused"][0] == 422
    assert "pokemon_1_id[0]: no Pokémon has the id 9999" in found["refused"][1]


def test_both_servers_answer_alike(ours: ServerProcess, theirs: ServerProcess) -> None:
    sound = {
        "inputs": [
            {"name": name, "shape": list(np.shape(values)), "datatype": "INT64", "data": values}
            for name, values in ROWS.items()
        ]
    }
    questions: list[tuple[str, str, Any, dict[str, str]]] = [
        ("GET", "/v2", None, HEADERS),
        ("GET", "/v2", None, {}),
        ("GET", "/v2/health/live", None, {}),
        ("GET", "/v2/health/ready", None, {}),
        ("GET", "/v2/models/battle", None, HEADERS),
        ("GET", f"/v2/models/battle/versions/{VERSION}/ready", None, HEADERS),
        ("GET", "/v2/models/battle/versions/0", None, HEADERS),
        ("GET", "/v2/nowhere", None, HEADERS),
        ("POST", INFER, sound, HEADERS),
        ("POST", INFER, sound, {}),
        ("POST", INFER, b"{", HEADERS),
        ("POST", INFER, {"inputs": []}, HEADERS),
        ("POST", INFER, b" " * 5_000_000, HEADERS),
        ("POST", INFER, b"{}", {**HEADERS, "Content-Type": "text/plain"}),
        ("PUT", INFER, b"{}", HEADERS),
    ]
    for question in questions:
        one, other = ours.ask(*question), theirs.ask(*question)
        assert (question[:2], one.status, one.json) == (question[:2], other.status, other.json)
        assert set(one.headers) == set(other.headers) - {"x-bentoml-request-id"}
        assert one.headers["content-type"] == other.headers["content-type"] == "application/json"
        assert one.status == 200 or list(one.json) == ["error"]


def test_largest_batch_is_answered_in_bytes(ours: ServerProcess) -> None:
    arrays = {name: np.array(values * 500, dtype="<i8") for name, values in ROWS.items()}
    inputs = [
        {
            "name": name,
            "shape": array.shape,
            "datatype": "INT64",
            "parameters": {"binary_data_size": array.nbytes},
        }
        for name, array in arrays.items()
    ]
    head = json.dumps(
        {"inputs": inputs, "outputs": [{"name": "probability", "parameters": {"binary_data": True}}]}
    )
    body = head.encode() + b"".join(array.tobytes() for array in arrays.values())
    connection = ours.connect()
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    connection.request("POST", INFER, body=body, headers={**HEADERS, **headers})
    reply = Answered(connection.getresponse())
    connection.close()
    length = int(reply.headers["inference-header-content-length"])
    found = np.frombuffer(reply.content[length:], "<f8")
    np.testing.assert_allclose(found, EXPECTED["probability"] * 500, atol=1e-6)
