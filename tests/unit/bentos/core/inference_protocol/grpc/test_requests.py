"""What a call brings is read whichever way it comes, and what does not fit is refused with its name."""

from typing import Any

import numpy as np
import pytest

from bentos.core.contract import Field
from bentos.core.errors import InvalidFields, MalformedBody, RequestError, UnknownResource
from bentos.core.inference_protocol.grpc.messages import ModelInferRequest
from bentos.core.inference_protocol.grpc.requests import MessageReader
from bentos.core.inference_protocol.messages import MOST_DIMENSIONS, MOST_TENSORS
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors
from tests.support.grpc_calls import infer_message

KINDS: dict[str, tuple[str, Any]] = {
    "BOOL": ("bool", [True, False]),
    "INT8": ("int8", [-128, 127]),
    "INT16": ("int16", [-(2**15), 2**15 - 1]),
    "INT32": ("int32", [-(2**31), 2**31 - 1]),
    "INT64": ("int64", [-(2**63), 2**63 - 1]),
    "UINT8": ("uint8", [0, 255]),
    "UINT16": ("uint16", [0, 2**16 - 1]),
    "UINT32": ("uint32", [0, 2**32 - 1]),
    "UINT64": ("uint64", [0, 2**64 - 1]),
    "FP32": ("float32", [1.5, float("inf")]),
    "FP64": ("float64", [0.1, -1e300]),
    "BYTES": ("string", [b"oak", b"\xff\x00"]),
}


def _never(_inputs: Tensors) -> Tensors:
    raise AssertionError("Reading a request asks no model.")


def reader(*inputs: Field) -> MessageReader:
    outputs = (Field(name="x", dtype="float32", shape=(-1,)), Field(name="y", dtype="int64", shape=(-1,)))
    model = TensorModel(inputs=inputs, outputs=outputs, infer=_never, platform="", example={}, most_rows=5)
    return MessageReader("tiny", "7", model)


ROWS = reader(
    Field(name="a", dtype="int64", shape=(-1,)),
    Field(name="b", dtype="float32", shape=(-1, 2), optional=True),
)
A, B = ("INT64", [1, 2]), ("FP32", [[1, 2], [3, 4]])


def refusal(message: Any, by: MessageReader = ROWS) -> RequestError:
    with pytest.raises(RequestError) as refused:
        by.read(message.SerializeToString())
    return refused.value


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("datatype", KINDS)
def test_elements_of_every_datatype_arrive(datatype: str, raw: bool) -> None:
    dtype, values = KINDS[datatype]
    message = infer_message({"a": (datatype, values)}, raw)
    found = reader(Field(name="a", dtype=dtype, shape=(-1,))).read(message.SerializeToString())
    assert found.inputs["a"].tolist() == values
    assert (found.rows, found.outputs) == (2, {"x": raw, "y": raw})


def test_half_floats_come_raw_only() -> None:
    halves = reader(Field(name="a", dtype="float16", shape=(-1,)))
    found = halves.read(infer_message({"a": ("FP16", [0.5])}, raw=True).SerializeToString())
    assert found.inputs["a"].tolist() == [0.5]
    message = ModelInferRequest(
        model_name="tiny",
        inputs=[{"name": "a", "datatype": "FP16", "shape": [1], "contents": {"fp32_contents": [1]}}],
    )
    assert refusal(message, halves).detail == "inputs[0].contents: a: FP16 comes in raw_input_contents only."


@pytest.mark.parametrize("raw", [True, False])
def test_shapes_ids_outputs_and_parameters_are_read(raw: bool) -> None:
    message = infer_message({"b": B, "a": A}, raw, version="7", outputs=("y",), request_id="42")
    message.parameters["priority"].uint64_param = 3
    message.inputs[0].parameters["note"].string_param = "kept apart"
    found = ROWS.read(message.SerializeToString())
    np.testing.assert_array_equal(found.inputs["b"], np.array(B[1], dtype=np.float32))
    assert (found.id, found.rows, found.outputs) == ("42", 2, {"y": raw})


@pytest.mark.parametrize(
    ("model", "version", "asked"),
    [("other", "", "'other'"), ("tiny", "8", "'tiny' in version '8'"), ("", "", "''")],
)
def test_other_models_and_versions_are_unknown(model: str, version: str, asked: str) -> None:
    refused = refusal(infer_message({"a": A}, raw=True, model=model, version=version))
    assert isinstance(refused, UnknownResource)
    assert refused.detail == f"There is no model {asked}: the model here is 'tiny', its version '7'."


def test_bytes_that_are_no_message_are_malformed() -> None:
    for body in (b"\xff", b"\x0a\x05ab", b"{}"):
        with pytest.raises(MalformedBody):
            ROWS.read(body)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"inputs": []}, "inputs: a is missing"),
        (
            {"inputs": [{"name": "c", "datatype": "INT64", "shape": [1]}]},
            "inputs[0].name: 'c' is not one of: a, b",
        ),
        (
            {"inputs": [{"name": "a", "datatype": "INT32", "shape": [1]}]},
            "inputs[0].datatype: a is INT64, not 'INT32'",
        ),
        ({"inputs": [{"name": "a", "datatype": "INT64", "shape": [-1]}]}, "1 to 5 rows are taken, not -1"),
        ({"inputs": [{"name": "a", "datatype": "INT64", "shape": [6]}]}, "1 to 5 rows are taken, not 6"),
        ({"inputs": [{"name": "a", "datatype": "INT64", "shape": []}]}, "a has the shape [-1], not []"),
        (
            {"inputs": [{"name": "a", "datatype": "INT64", "shape": [1] * (MOST_DIMENSIONS + 1)}]},
            "inputs[0].shape: at most 16 dimensions are taken",
        ),
        ({"inputs": [{"name": "a"}] * (MOST_TENSORS + 1)}, "inputs: at most 64 tensors are taken"),
        ({"outputs": [{"name": "x"}] * (MOST_TENSORS + 1)}, "inputs: at most 64 tensors are taken"),
        (
            {"inputs": [{"name": "a", "datatype": "INT64", "shape": [2]}]},
            "inputs[0].contents: a: the shape [2] takes 2 elements, not 0.",
        ),
        (
            {"inputs": [{"name": "a", "datatype": "INT64", "shape": [1], "contents": {"int_contents": [1]}}]},
            "inputs[0].contents: a: the elements of INT64 are in int64_contents, not in int_contents.",
        ),
        (
            {
                "inputs": [
                    {
                        "name": "a",
                        "datatype": "INT64",
                        "shape": [1],
                        "parameters": {"shared_memory_region": {"string_param": "r"}},
                    }
                ]
            },
            "inputs[0].parameters.shared_memory_region: this extension is not offered",
        ),
    ],
)
def test_inputs_that_do_not_fit_are_named(members: dict[str, Any], reason: str) -> None:
    refused = refusal(ModelInferRequest(model_name="tiny", **members))
    assert isinstance(refused, InvalidFields)
    assert reason in refused.detail


def test_numbers_beyond_a_small_datatype_are_refused() -> None:
    message = ModelInferRequest(
        model_name="tiny",
        inputs=[{"name": "a", "datatype": "INT8", "shape": [1], "contents": {"int_contents": [300]}}],
    )
    small = reader(Field(name="a", dtype="int8", shape=(-1,)))
    assert "an element is beyond what INT8 can hold" in refusal(message, small).detail


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ([], "inputs[0].contents: a: the shape [2] takes 2 elements, not 0."),
        ([b"1"], "raw_input_contents[0]: a: INT64 of shape [2] takes 16 bytes, not 1."),
        ([b"\x00" * 16] * 2, "raw_input_contents: there are 2 tensors for 1 inputs"),
    ],
)
def test_raw_contents_that_do_not_fit_are_named(contents: list[bytes], reason: str) -> None:
    message = infer_message({"a": A}, raw=True)
    message.ClearField("raw_input_contents")
    message.raw_input_contents.extend(contents)
    assert refusal(message).detail == reason


def test_input_in_both_forms_is_refused() -> None:
    message = infer_message({"a": A}, raw=True)
    message.inputs[0].contents.int64_contents.extend([1, 2])
    assert refusal(message).detail == "inputs[0].contents: a is in raw_input_contents as well"


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        (["z"], "outputs[0].name: 'z' is not one of: x, y"),
        (["x", "x"], "outputs[1].name: x is asked for more than once"),
    ],
)
def test_outputs_that_there_are_not_are_refused(outputs: list[str], reason: str) -> None:
    assert refusal(infer_message({"a": A}, raw=True, outputs=outputs)).detail == reason


def test_classification_is_not_offered() -> None:
    message = infer_message({"a": A}, raw=True, outputs=["x"])
    message.outputs[0].parameters["classification"].int64_param = 1
    assert refusal(message).detail == "outputs[0].parameters.classification: this extension is not offered"
