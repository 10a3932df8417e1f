"""Ask battle with NVIDIA's client, in every way that it knows; run in an environment that has it.

python triton.py HOST:PORT KEY < rows.json > answers.json
"""

import json
import sys
from typing import Any

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


def make_inputs(rows: dict[str, Any], binary: bool) -> list[Any]:
    inputs = []
    for name, values in rows.items():
        array = np.array(values, dtype=np.int64)
        inputs.append(triton.InferInput(name, list(array.shape), "INT64"))
        inputs[-1].set_data_from_numpy(array, binary_data=binary)
    return inputs


def to_answer(result: Any) -> dict[str, Any]:
    names = [one["name"] for one in result.get_response()["outputs"]]
    return {
        "id": result.get_response().get("id"),
        "version": result.get_response()["model_version"],
        "outputs": {name: result.as_numpy(name).tolist() for name in names},
    }


def main(address: str, key: str) -> dict[str, Any]:
    rows = json.load(sys.stdin)
    # Each call gets its own: the client writes into what it is given.
    headers = {"X-API-Key": key}
    client = triton.InferenceServerClient(address)
    found: dict[str, Any] = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready("battle", headers=dict(headers)),
        "version_ready": client.is_model_ready("battle", "7", headers=dict(headers)),
        "other_ready": client.is_model_ready("battle", "8", headers=dict(headers)),
        "server": client.get_server_metadata(headers=dict(headers)),
        "model": client.get_model_metadata("battle", headers=dict(headers)),
    }
    for binary_in in (True, False):
        for binary_out in (True, False):
            outputs = [
                triton.InferRequestedOutput(name, binary_data=binary_out)
                for name in ("winner", "probability")
            ]
            result = client.infer(
                "battle",
                make_inputs(rows, binary_in),
                outputs=outputs,
                request_id="42",
                headers=dict(headers),
            )
            found[f"{binary_in} {binary_out}"] = to_answer(result)
    found["all"] = to_answer(
        client.infer("battle", make_inputs(rows, True), model_version="7", headers=dict(headers))
    )
    found["later"] = to_answer(
        client.async_infer("battle", make_inputs(rows, True), headers=dict(headers)).get_result()
    )
    wrong = {**rows, "pokemon_1_id": [9999] * len(rows["pokemon_1_id"])}
    for name, model, asked, sent in (
        ("refused", "battle", wrong, headers),
        ("unknown", "other", rows, headers),
        ("keyless", "battle", rows, {}),
    ):
        try:
            client.infer(model, make_inputs(asked, True), headers=dict(sent))
        except InferenceServerException as error:
            found[name] = [error.status(), error.message()]
    client.close()
    return found


json.dump(main(*sys.argv[1:]), sys.stdout)
