"""Answers have the form of the specification's examples."""

import json

import numpy as np
import pytest
from msgspec import UNSET, UnsetType

from bentos.core.contract import Field
from bentos.core.errors import InvalidFields
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.responses import ResponseWriter
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors

FOUND: Tensors = {
    "output0": np.array([[1.0, 1.5], [2.0, 2.5], [3.0, 3.5]], dtype=np.float32),
    "names": np.array([b"oak", b"\xff"], dtype=np.object_),
}
WRITER = ResponseWriter(
    "mymodel",
    "v1",
    TensorModel(
        inputs=(),
        outputs=(
            Field(name="output0", dtype="float32", shape=(3, 2)),
            Field(name="names", dtype="string", shape=(-1,)),
        ),
        infer=lambda _: FOUND,
        platform="",
        example={},
    ),
)


def asked(outputs: dict[str, bool], request_id: str | UnsetType = UNSET) -> Inference:
    return Inference({}, outputs, 1, request_id)


def test_example_of_the_specification_is_written() -> None:
    body = WRITER.write(asked({"output0": False}, "42"), FOUND)
    data = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5]
    assert body.json_bytes is None
    assert json.loads(body.content) == {
        "model_name": "mymodel",
        "model_version": "v1",
        "id": "42",
        "outputs": [{"name": "output0", "shape": [3, 2], "datatype": "FP32", "data": data}],
    }


def test_example_of_the_extension_is_written() -> None:
    body = WRITER.write(asked({"output0": True}), FOUND)
    assert body.json_bytes is not None
    assert json.loads(body.content[: body.json_bytes]) == {
        "model_name": "mymodel",
        "model_version": "v1",
        "outputs": [
            {"name": "output0", "shape": [3, 2], "datatype": "FP32", "parameters": {"binary_data_size": 24}}
        ],
    }
    assert np.frombuffer(body.content[body.json_bytes :], "<f4").tolist() == [1.0, 1.5, 2.0, 2.5, 3.0, 3.5]


def test_bytes_follow_in_the_order_of_the_outputs() -> None:
    body = WRITER.write(asked({"names": True, "output0": True}), FOUND)
    tail = body.content[body.json_bytes :]
    assert tail.startswith(b"\3\0\0\0oak\1\0\0\0\xff")
    assert len(tail) == 12 + 24


def test_strings_that_json_can_not_hold_are_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidFields, match=r"outputs: names: .* ask for them with binary_data"):
        WRITER.write(asked({"names": False}), FOUND)
