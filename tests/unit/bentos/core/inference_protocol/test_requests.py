"""The specification's own examples are read, and whatever does not fit is refused with its name."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from bentos.core.contract import Field
from bentos.core.errors import InvalidFields, MalformedBody, RequestError
from bentos.core.inference_protocol.requests import RequestReader
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors

Json = dict[str, Any]


def _never(_inputs: Tensors) -> Tensors:
    raise AssertionError("Reading a request asks no model.")


def reader(*inputs: Field, most_rows: int = 5) -> RequestReader:
    outputs = tuple(Field(name=name, dtype="float32", shape=(3, 2)) for name in ("output0", "output1"))
    return RequestReader(
        TensorModel(
            inputs=inputs, outputs=outputs, infer=_never, platform="", example={}, most_rows=most_rows
        )
    )


SPECIFIED = reader(
    Field(name="input0", dtype="uint32", shape=(2, 2)), Field(name="input1", dtype="bool", shape=(3,))
)
ROWS = reader(
    Field(name="a", dtype="int64", shape=(-1,)),
    Field(name="b", dtype="float32", shape=(-1, 2), optional=True),
)
SPECIFIED_JSON: Json = {
    "id": "42",
    "inputs": [
        {"name": "input0", "shape": [2, 2], "datatype": "UINT32", "data": [1, 2, 3, 4]},
        {"name": "input1", "shape": [3], "datatype": "BOOL", "data": [True]},
    ],
    "outputs": [{"name": "output0"}],
}
SPECIFIED_BYTES: Json = {
    "model_name": "mymodel",
    "inputs": [
        {"name": "input0", "shape": [2, 2], "datatype": "UINT32", "parameters": {"binary_data_size": 16}},
        {"name": "input1", "shape": [3], "datatype": "BOOL", "parameters": {"binary_data_size": 3}},
    ],
    "outputs": [{"name": "output0", "parameters": {"binary_data": True}}],
}
A: Json = {"name": "a", "shape": [2], "datatype": "INT64", "data": [1, 2]}
B: Json = {"name": "b", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2], [3, 4]]}
IN_BYTES: Json = {**A, "parameters": {"binary_data_size": 16}}
del IN_BYTES["data"]


def encode(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_example_of_the_specification_is_read_once_its_data_are_whole() -> None:
    with pytest.raises(InvalidFields, match="input1: the shape \\[3\\] takes 3 elements, not 1"):
        SPECIFIED.read(encode(SPECIFIED_JSON), None)
    whole = {**SPECIFIED_JSON["inputs"][1], "data": [True, False, True]}
    found = SPECIFIED.read(encode({**SPECIFIED_JSON, "inputs": [SPECIFIED_JSON["inputs"][0], whole]}), None)
    assert (found.id, found.outputs, found.rows) == ("42", {"output0": False}, 1)
    assert found.inputs["input0"].tolist() == [[1, 2], [3, 4]]
    assert found.inputs["input1"].tolist() == [True, False, True]


def test_example_of_the_extension_is_read() -> None:
    head = encode(SPECIFIED_BYTES)
    tensors = np.array([1, 2, 3, 4], dtype="<u4").tobytes() + b"\1\0\1"
    found = SPECIFIED.read(head + tensors, len(head))
    assert (found.id, found.outputs) == (UNSET, {"output0": True})
    assert found.inputs["input0"].tolist() == [[1, 2], [3, 4]]
    assert found.inputs["input1"].tolist() == [True, False, True]


def test_bytes_and_json_go_together() -> None:
    head = encode({"inputs": [B, IN_BYTES], "parameters": {"binary_data_output": True}})
    found = ROWS.read(head + np.array([7, 8]).tobytes(), len(head))
    assert found.inputs["a"].tolist() == [7, 8]
    assert found.inputs["b"].tolist() == [[1, 2], [3, 4]]
    assert (found.outputs, found.rows) == ({"output0": True, "output1": True}, 2)


def test_optional_input_may_be_left_out_and_unknown_members_are_let_pass() -> None:
    found = ROWS.read(encode({"inputs": [{**A, "parameters": None}], "outputs": [], "more": [1]}), None)
    assert list(found.inputs) == ["a"]
    assert found.outputs == {"output0": False, "output1": False}
    assert found.id is UNSET


def test_requested_outputs_keep_their_order_and_overrule_the_default() -> None:
    wanted = [{"name": "output1", "parameters": {"binary_data": False}}, {"name": "output0"}]
    asked = {"inputs": [A], "outputs": wanted, "parameters": {"binary_data_output": True, "priority": 3}}
    assert list(ROWS.read(encode(asked), None).outputs.items()) == [("output1", False), ("output0", True)]


REFUSED: dict[str, tuple[Any, str]] = {
    "no inputs": ({"inputs": []}, "inputs: Expected `array` of length >= 1"),
    "no object": ([1], "body: Expected `object`"),
    "missing inputs": ({}, "inputs: This field is required"),
    "missing name": ({"inputs": [{"shape": [1]}]}, "inputs[0].name: This field is required"),
    "unknown input": ({"inputs": [A, {**A, "name": "c"}]}, "inputs[1].name: 'c' is not one of: a, b"),
    "input twice": ({"inputs": [A, A]}, "inputs[1].name: a is given more than once"),
    "missing input": ({"inputs": [B]}, "inputs: a is missing"),
    "other datatype": (
        {"inputs": [{**A, "datatype": "INT32"}]},
        "inputs[0].datatype: a is INT64, not 'INT32'",
    ),
    "no datatype": ({"inputs": [{**A, "datatype": "int64"}]}, "inputs[0].datatype: a is INT64, not 'int64'"),
    "other rank": ({"inputs": [{**A, "shape": [2, 1]}]}, "inputs[0].shape: a has the shape [-1], not [2, 1]"),
    "no rank": ({"inputs": [{**A, "shape": []}]}, "inputs[0].shape: a has the shape [-1], not []"),
    "other width": (
        {"inputs": [A, {**B, "shape": [2, 3]}]},
        "inputs[1].shape: b has the shape [-1, 2], not [2, 3]",
    ),
    "other rows": (
        {"inputs": [A, {**B, "shape": [3, 2]}]},
        "inputs[1].shape: every input has the same number of rows, here 2",
    ),
    "no rows": ({"inputs": [{**A, "shape": [0], "data": []}]}, "inputs: 1 to 5 rows are taken, not 0"),
    "too many rows": ({"inputs": [{**A, "shape": [6]}]}, "inputs: 1 to 5 rows are taken, not 6"),
    "endless rows": ({"inputs": [{**A, "shape": [2**64 - 1]}]}, "inputs: 1 to 5 rows are taken"),
    "negative rows": ({"inputs": [{**A, "shape": [-1]}]}, "inputs[0].shape[0]: Expected `int` >= 0"),
    "data too short": ({"inputs": [{**A, "data": [1]}]}, "inputs[0].data: a: the shape [2] takes 2 elements"),
    "data too long": ({"inputs": [{**A, "data": [1, 2, 3]}]}, "takes 2 elements, not 3"),
    "no data": ({"inputs": [{**A, "data": None}]}, "inputs[0].data: a: Expected `array`, got `null`"),
    "parameters in a list": ({"inputs": [{**A, "parameters": []}]}, "inputs[0].parameters: Expected"),
    "parameter that holds others": ({"inputs": [{**A, "parameters": {"x": {}}}]}, "inputs[0].parameters"),
    "both ways": (
        {"inputs": [{**IN_BYTES, "data": [1, 2]}]},
        "inputs[0]: a has both data and binary_data_size",
    ),
    "size that is none": (
        {"inputs": [{**IN_BYTES, "parameters": {"binary_data_size": True}}]},
        "inputs[0].parameters.binary_data_size: a number of bytes is expected",
    ),
    "negative size": (
        {"inputs": [{**IN_BYTES, "parameters": {"binary_data_size": -16}}]},
        "inputs[0].parameters.binary_data_size: a number of bytes is expected",
    ),
    "shared memory": (
        {"inputs": [{**IN_BYTES, "parameters": {"shared_memory_region": "x"}}]},
        "inputs[0].parameters.shared_memory_region: this extension is not offered",
    ),
    "classes": (
        {"inputs": [A], "outputs": [{"name": "output0", "parameters": {"classification": 2}}]},
        "outputs[0].parameters.classification: this extension is not offered",
    ),
    "unknown output": (
        {"inputs": [A], "outputs": [{"name": "x" * 500}]},
        f"outputs[0].name: '{'x' * 100}' is not one of: output0, output1",
    ),
    "output twice": (
        {"inputs": [A], "outputs": [{"name": "output0"}, {"name": "output0"}]},
        "outputs[1].name: output0 is asked for more than once",
    ),
    "flag that is none": (
        {"inputs": [A], "outputs": [{"name": "output0", "parameters": {"binary_data": 1}}]},
        "outputs[0].parameters.binary_data: true or false is expected",
    ),
    "number for an id": ({"inputs": [A], "id": 42}, "id: Expected `str | null`, got `int`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_named(name: str) -> None:
    document, reason = REFUSED[name]
    with pytest.raises(InvalidFields) as caught:
        ROWS.read(encode(document), None)
    assert reason in caught.value.detail


@pytest.mark.parametrize(
    ("head", "tail", "declared", "reason"),
    [
        (IN_BYTES, b"", False, "need the header Inference-Header-Content-Length"),
        (IN_BYTES, bytes(17), True, "17 bytes are behind the JSON; the inputs name 16"),
        (A, bytes(1), True, "1 bytes are behind the JSON; the inputs name 0"),
        (A, b"{}", False, "trailing characters"),
    ],
)
def test_bytes_that_nobody_claims_are_refused(head: Json, tail: bytes, declared: bool, reason: str) -> None:
    content = encode({"inputs": [head]})
    with pytest.raises(MalformedBody, match=reason):
        ROWS.read(content + tail, len(content) if declared else None)


@pytest.mark.parametrize("size", [0, 8, 15, 17, 10**30])
def test_bytes_of_the_wrong_size_are_refused(size: int) -> None:
    head = encode({"inputs": [{**IN_BYTES, "parameters": {"binary_data_size": size}}]})
    with pytest.raises(RequestError, match="takes 16 bytes"):
        ROWS.read(head + bytes(min(size, 15)), len(head))


LOOSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "b", "c"]) | LOOSE,
        "shape": st.lists(st.integers(-1, 3) | st.integers(), max_size=3) | LOOSE,
        "datatype": st.sampled_from(["INT64", "FP32", "BYTES"]) | LOOSE,
        "data": st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False), max_size=4)
        | LOOSE,
        "parameters": st.fixed_dictionaries({}, optional={"binary_data_size": st.integers(-1, 20) | LOOSE})
        | LOOSE,
    },
)


@given(
    st.fixed_dictionaries({"inputs": st.lists(NEARLY, max_size=3) | LOOSE}, optional={"outputs": LOOSE}),
    st.binary(max_size=20),
    st.booleans(),
    st.integers(-3, 3),
)
def test_any_document_is_read_or_refused(document: Json, tail: bytes, declared: bool, slip: int) -> None:
    head = encode(document)
    length = max(0, len(head) + slip) if declared else None
    try:
        found = ROWS.read(head + tail, length)
    except (MalformedBody, InvalidFields):
        return
    assert found.inputs["a"].shape == (found.rows,)


@given(st.binary(max_size=200), st.none() | st.integers(0, 200))
def test_any_bytes_are_refused(body: bytes, length: int | None) -> None:
    with pytest.raises((MalformedBody, InvalidFields)):
        ROWS.read(body, length)
