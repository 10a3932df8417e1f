"""What is read in one step is what would be read in many, and everything else is left to them."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bentos.core.contract import Field
from bentos.core.errors import RequestError
from bentos.core.inference_protocol.plain import PlainReader
from bentos.core.inference_protocol.requests import RequestReader
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors

DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint32", "uint64")
NAMES = {
    **{f"float{bits}": f"FP{bits}" for bits in (16, 32, 64)},
    **{f"{kind}{bits}": f"{kind.upper()}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
}
MOST_ROWS = 3

Json = dict[str, Any]


def _never(_inputs: Tensors) -> Tensors:
    raise AssertionError("Reading a request asks no model.")


def model(*inputs: Field) -> TensorModel:
    outputs = (Field(name="one", dtype="float32", shape=(-1,)), Field(name="two", dtype="int64", shape=(-1,)))
    return TensorModel(
        inputs=inputs, outputs=outputs, infer=_never, platform="", example={}, most_rows=MOST_ROWS
    )


MODEL = model(
    Field(name="a", dtype="int64", shape=(-1,)),
    Field(name="b", dtype="float32", shape=(-1, 2), optional=True),
    Field(name="flag", dtype="bool", shape=(-1,), optional=True),
)
A: Json = {"name": "a", "shape": [2], "datatype": "INT64", "data": [1, -2]}
B: Json = {"name": "b", "shape": [2, 2], "datatype": "FP32", "data": [1, 2.5, 0.1, -4e3]}
FLAG: Json = {"name": "flag", "shape": [2], "datatype": "BOOL", "data": [True, False]}


def read_both_ways(one: TensorModel, body: bytes) -> bool:
    """Return whether the body is read in one step, having seen that it is then read as otherwise."""
    plain = PlainReader(one).read(body)
    if plain is None:
        return False
    expected = RequestReader(one).read_any(body, None)
    assert (plain.outputs, plain.rows, plain.id) == (expected.outputs, expected.rows, expected.id)
    assert plain.inputs.keys() == expected.inputs.keys()
    for name, array in plain.inputs.items():
        assert array.dtype == expected.inputs[name].dtype
        assert array.shape == expected.inputs[name].shape
        assert array.tobytes() == expected.inputs[name].tobytes()
    return True


@pytest.mark.parametrize("inputs", [[A], [A, B], [B, A]])
@pytest.mark.parametrize("more", [{}, {"id": "42"}, {"id": None}])
def test_ordinary_requests_are_read(inputs: list[Json], more: Json) -> None:
    assert read_both_ways(MODEL, json.dumps({"inputs": inputs, **more}).encode())


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_of_every_kind_are_the_same(dtype: str) -> None:
    one = model(Field(name="x", dtype=dtype, shape=(-1, 3)))
    tensor = {"name": "x", "shape": [2, 3], "datatype": NAMES[dtype], "data": [0, 1, 2, 3, 100, 127]}
    assert read_both_ways(one, json.dumps({"inputs": [tensor]}).encode())


@pytest.mark.parametrize(
    "document",
    [
        {"inputs": [A], "parameters": {}},
        {"inputs": [A], "outputs": [{"name": "one"}]},
        {"inputs": [A], "model_name": "x"},
        {"inputs": [{**A, "parameters": {}}]},
        {"inputs": [A, FLAG]},
        {"inputs": [A, {**B, "data": [[1, 2], [3, 4]]}]},
        {"inputs": [{**A, "data": [1.0, 2]}]},
        {"inputs": [A], "id": "é"},
    ],
)
def test_what_is_sound_but_not_ordinary_is_left_to_the_other_way(document: Json) -> None:
    body = json.dumps(document, ensure_ascii=False).encode()
    assert PlainReader(MODEL).read(body) is None


@pytest.mark.parametrize(
    "document",
    [
        {"inputs": []},
        {"inputs": [B]},
        {"inputs": [A, A]},
        {"inputs": [{**A, "name": "other"}]},
        {"inputs": [{**A, "datatype": "INT32"}]},
        {"inputs": [{**A, "shape": []}]},
        {"inputs": [{**A, "shape": [3]}]},
        {"inputs": [{**A, "shape": [-2]}]},
        {"inputs": [{**A, "shape": [1, 2]}]},
        {"inputs": [{**A, "shape": [0], "data": []}]},
        {"inputs": [{**A, "shape": [0], "data": []}, B]},
        {"inputs": [{**A, "shape": [4], "data": [1, 2, 3, 4]}]},
        {"inputs": [A, {**B, "shape": [1, 2], "data": [1, 2]}]},
        {"inputs": [{**A, "data": [1, 2**63]}]},
        {"inputs": [A, {**B, "data": [1, 2, 3, 1e39]}]},
        {"inputs": [A, {**B, "data": [1, 2, 3, 10**400]}]},
        {"inputs": [{**A, "data": [True, False]}]},
        {"inputs": [{**A, "data": ["1", "2"]}]},
    ],
)
def test_what_is_wrong_is_left_to_who_can_say_why(document: Json) -> None:
    body = json.dumps(document).encode()
    assert PlainReader(MODEL).read(body) is None
    with pytest.raises(RequestError):
        RequestReader(MODEL).read(body, None)


def test_number_of_more_digits_than_python_reads_is_left_to_who_can_say_why() -> None:
    body = json.dumps({"inputs": [A]}).replace("-2", "9" * 3000).encode()
    assert PlainReader(MODEL).read(body) is None
    with pytest.raises(RequestError):
        RequestReader(MODEL).read(body, None)


def test_zero_keeps_its_sign() -> None:
    assert read_both_ways(
        MODEL, json.dumps({"inputs": [A, {**B, "data": [-0.0, 0.0, 1e-46, -1e-46]}]}).encode()
    )


NUMBERS = st.integers(-300, 300) | st.integers() | st.floats()


@given(st.sampled_from(DTYPES), st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=MOST_ROWS))
def test_numbers_are_read_alike_or_not_at_all(dtype: str, rows: list[tuple[float, float]]) -> None:
    one = model(Field(name="x", dtype=dtype, shape=(-1, 2)))
    data = [number for row in rows for number in row]
    tensor = {"name": "x", "shape": [len(rows), 2], "datatype": NAMES[dtype], "data": data}
    read_both_ways(one, json.dumps({"inputs": [tensor]}).encode())


def test_model_without_rows_of_numbers_is_read_the_other_way() -> None:
    one = model(Field(name="x", dtype="float32", shape=(2, 2)))
    body = b'{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}]}'
    assert PlainReader(one).read(body) is None
    assert np.array_equal(RequestReader(one).read(body, None).inputs["x"], [[1, 2], [3, 4]])
