"""Ask battle with KServe's client, in JSON and in bytes; run in an environment that has it.

python kserve_rest.py HOST:PORT KEY < rows.json > answers.json
"""

import asyncio
import json
import sys
from typing import Any

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


def make_request(rows: dict[str, Any], binary: bool, outputs: list[Any] | None = None) -> InferRequest:
    inputs = []
    for name, values in rows.items():
        array = np.array(values, dtype=np.int64)
        inputs.append(InferInput(name, list(array.shape), "INT64"))
        inputs[-1].set_data_from_numpy(array, binary_data=binary)
    return InferRequest("battle", inputs, request_id="42", request_outputs=outputs)


def to_answer(response: Any) -> dict[str, Any]:
    return {
        "id": response.id,
        "model": response.model_name,
        "outputs": {one.name: one.as_numpy().tolist() for one in response.outputs},
    }


async def main(address: str, key: str) -> dict[str, Any]:
    rows = json.load(sys.stdin)
    url, headers = f"http://{address}", {"X-API-Key": key}
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    found: dict[str, Any] = {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "model_ready": await client.is_model_ready(url, "battle", headers=headers),
        "other_ready": await client.is_model_ready(url, "other", headers=headers),
    }
    for binary_in in (True, False):
        for binary_out in (True, False):
            outputs = [
                RequestedOutput(name, {"binary_data": binary_out}) for name in ("winner", "probability")
            ]
            request = make_request(rows, binary_in, outputs)
            answer = await client.infer(url, request, model_name="battle", headers=dict(headers))
            found[f"{binary_in} {binary_out}"] = to_answer(answer)
    wrong = make_request({**rows, "pokemon_1_id": [9999] * len(rows["pokemon_1_id"])}, True)
    try:
        await client.infer(url, wrong, model_name="battle", headers=dict(headers))
    except httpx.HTTPStatusError as error:
        found["refused"] = [error.response.status_code, str(error)]
    await client.close()
    return found


json.dump(asyncio.run(main(*sys.argv[1:])), sys.stdout)
