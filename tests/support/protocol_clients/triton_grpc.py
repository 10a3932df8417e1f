"""Ask battle over gRPC with NVIDIA's client, raw and typed; run in an environment that has it.

python triton_grpc.py HOST:PORT KEY < rows.json > answers.json
"""

import json
import sys
from typing import Any

import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException


def make_inputs(rows: dict[str, Any]) -> list[Any]:
    inputs = []
    for name, values in rows.items():
        array = np.array(values, dtype=np.int64)
        inputs.append(triton.InferInput(name, list(array.shape), "INT64"))
        inputs[-1].set_data_from_numpy(array)
    return inputs


def to_answer(result: Any) -> dict[str, Any]:
    response = result.get_response()
    outputs = {one.name: result.as_numpy(one.name).tolist() for one in response.outputs}
    return {"id": response.id, "version": response.model_version, "outputs": outputs}


def ask_typed(client: Any, rows: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """The client only writes raw contents, so the message is written here, with its classes."""
    request = triton.service_pb2.ModelInferRequest(model_name="battle", id="43")
    request.parameters["priority"].int64_param = 1
    for name, values in rows.items():
        array = np.array(values, dtype=np.int64)
        given = request.inputs.add(name=name, datatype="INT64", shape=array.shape)
        given.contents.int64_contents.extend(array.ravel().tolist())
    response = client._client_stub.ModelInfer(request, metadata=tuple(headers.items()))
    outputs = {
        one.name: list(one.contents.fp64_contents or one.contents.int64_contents) for one in response.outputs
    }
    return {"id": response.id, "version": response.model_version, "outputs": outputs}


def find_errors(client: Any, rows: dict[str, Any], headers: dict[str, str]) -> dict[str, list[str]]:
    wrong = {**rows, "pokemon_1_id": [9999] * len(rows["pokemon_1_id"])}
    ragged = {**rows, "pokemon_1_id": rows["pokemon_1_id"][1:]}
    questions: list[tuple[str, str, str, Any, dict[str, str]]] = [
        ("refused", "battle", "", wrong, headers),
        ("ragged", "battle", "", ragged, headers),
        ("unknown", "other", "", rows, headers),
        ("version", "battle", "8", rows, headers),
        ("keyless", "battle", "", rows, {}),
        ("wrong_key", "battle", "", rows, {"x-api-key": "another"}),
    ]
    found = {}
    for name, model, version, asked, sent in questions:
        try:
            client.infer(model, make_inputs(asked), model_version=version, headers=sent)
        except InferenceServerException as error:
            found[name] = [error.status(), error.message()]
    return found


def main(address: str, key: str) -> dict[str, Any]:
    rows = json.load(sys.stdin)
    headers = {"x-api-key": key}
    client = triton.InferenceServerClient(address)
    outputs = [triton.InferRequestedOutput(name) for name in ("winner", "probability")]
    inputs = make_inputs(rows)
    many = {name: values * 500 for name, values in rows.items()}
    bearer = {"authorization": f"Bearer {key}"}
    found: dict[str, Any] = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready("battle", headers=headers),
        "version_ready": client.is_model_ready("battle", "7", headers=headers),
        "server": client.get_server_metadata(headers=headers, as_json=True),
        "model": client.get_model_metadata("battle", headers=headers, as_json=True),
        "raw": to_answer(client.infer("battle", inputs, outputs=outputs, request_id="42", headers=headers)),
        "all": to_answer(client.infer("battle", inputs, model_version="7", headers=bearer)),
        "typed": ask_typed(client, rows, headers),
        "many": len(client.infer("battle", make_inputs(many), headers=headers).as_numpy("winner")),
        "errors": find_errors(client, rows, headers),
    }
    client.close()
    return found


json.dump(main(*sys.argv[1:]), sys.stdout)
