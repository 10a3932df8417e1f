"""Tensors survive every way that they can be written, and nothing else is taken for one."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bentos.core.contract import Field
from bentos.core.inference_protocol.datatypes import (
    DATATYPES,
    PIECE_BYTES,
    BadTensor,
    Tensor,
    datatype_of,
    read_binary,
    read_json,
    write_binary,
    write_json,
)

NUMBERS = [name for name in DATATYPES if name != "BYTES"]
SHAPES = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)


@st.composite
def tensors(draw: st.DrawFn) -> tuple[str, Tensor]:
    """Any tensor of any datatype; floats are finite, as JSON has no others."""
    name = draw(st.sampled_from(sorted(DATATYPES)))
    shape = draw(SHAPES)
    if name != "BYTES":
        infinite = None if not name.startswith("FP") else False
        elements = arrays.from_dtype(DATATYPES[name].dtype, allow_nan=infinite, allow_infinity=infinite)
        return name, draw(arrays.arrays(DATATYPES[name].dtype, shape, elements=elements))
    texts = draw(st.lists(st.text(), min_size=math.prod(shape), max_size=math.prod(shape)))
    array = np.empty(len(texts), dtype=np.object_)
    array[:] = [text.encode() for text in texts]
    return name, array.reshape(shape)


def nested(array: Tensor, name: str) -> Any:
    """The elements as lists within lists."""
    listed = array.tolist()
    return json.loads(json.dumps(listed, default=bytes.decode)) if name == "BYTES" else listed


@given(tensors())
def test_tensor_survives_json_flat_and_nested(given_tensor: tuple[str, Tensor]) -> None:
    name, array = given_tensor
    datatype = DATATYPES[name]
    for data in (write_json(array, datatype), nested(array, name)):
        found = read_json(json.dumps(data).encode(), array.shape, datatype)
        assert found.dtype == datatype.dtype
        np.testing.assert_array_equal(found, array)


@given(tensors())
def test_tensor_survives_bytes(given_tensor: tuple[str, Tensor]) -> None:
    name, array = given_tensor
    datatype = DATATYPES[name]
    found = read_binary(memoryview(write_binary(array, datatype)), array.shape, datatype)
    assert found.dtype == datatype.dtype
    np.testing.assert_array_equal(found, array)


@given(st.sampled_from(NUMBERS), arrays.array_shapes(max_dims=3, max_side=3), st.binary(max_size=64))
def test_bytes_of_another_size_are_refused(name: str, shape: tuple[int, ...], data: bytes) -> None:
    datatype = DATATYPES[name]
    if len(data) == math.prod(shape) * datatype.dtype.itemsize and name != "BOOL":
        assert read_binary(memoryview(data), shape, datatype).tobytes() == data
    elif len(data) != math.prod(shape) * datatype.dtype.itemsize:
        with pytest.raises(BadTensor, match="bytes"):
            read_binary(memoryview(data), shape, datatype)


@given(st.binary(max_size=40), st.integers(0, 5))
def test_any_bytes_are_strings_or_refused(data: bytes, count: int) -> None:
    try:
        found = read_binary(memoryview(data), (count,), DATATYPES["BYTES"])
    except BadTensor:
        return
    assert write_binary(found, DATATYPES["BYTES"]) == data


def test_bytes_are_little_endian_and_not_copied() -> None:
    body = b"{}" + bytes([1, 0, 0, 0, 2, 0, 0, 0])
    found = read_binary(memoryview(body)[2:], (2,), DATATYPES["UINT32"])
    assert found.tolist() == [1, 2]
    assert not found.flags.owndata
    assert not found.flags.writeable


def test_big_endian_and_strided_arrays_are_written_in_order() -> None:
    big = np.arange(6, dtype=">i2").reshape(2, 3).T
    assert write_binary(big, DATATYPES["INT16"]) == np.array([0, 3, 1, 4, 2, 5], dtype="<i2").tobytes()
    assert write_json(big, DATATYPES["INT16"]) == [0, 3, 1, 4, 2, 5]


@pytest.mark.parametrize(
    ("name", "shape", "data", "reason"),
    [
        ("INT64", [2], b"[1]", "takes 2 elements, not 1"),
        ("INT64", [1], b"[1, 2]", "takes 1 elements, not 2"),
        ("INT64", [2, 2], b"[[1, 2], [3]]", "not of the same lengths"),
        ("INT64", [2, 2], b"[[1, 2, 3, 4]]", "have the shape [1, 4]"),
        ("INT64", [4], b"[[1, 2], [3, 4]]", "Expected `int`, got `array`"),
        ("INT64", [2, 2], b"[[1, 2], 3]", "Expected `array`, got `int`"),
        ("INT64", [1], b"[1.5]", "Expected `int`, got `float`"),
        ("INT64", [1], b"[true]", "Expected `int`, got `bool`"),
        ("INT64", [1], b"[null]", "Expected `int`, got `null`"),
        ("INT64", [1], b'["1"]', "Expected `int`, got `str`"),
        ("INT64", [1], b"1", "Expected `array`, got `int`"),
        ("INT64", [1], b"null", "Expected `array`, got `null`"),
        ("INT64", [1], b"[9223372036854775808]", "beyond what INT64 can hold"),
        ("UINT8", [1], b"[-1]", "beyond what UINT8 can hold"),
        ("UINT8", [1], b"[256]", "beyond what UINT8 can hold"),
        ("FP32", [1], b"[1e39]", "beyond what FP32 can hold"),
        ("FP16", [1], b"[65536.0]", "beyond what FP16 can hold"),
        ("FP64", [1], b"[1e999]", "out of range"),
        ("BOOL", [1], b"[1]", "Expected `bool`, got `int`"),
        ("BYTES", [1], b"[1]", "Expected `str`, got `int`"),
        ("BYTES", [2, 1], b'[["a"], ["b", "c"]]', "not of the same lengths"),
        ("BYTES", [1], b'["\xff"]', "utf-8"),
    ],
)
def test_wrong_data_are_refused_with_the_reason(
    name: str, shape: list[int], data: bytes, reason: str
) -> None:
    with pytest.raises(BadTensor) as caught:
        read_json(data, shape, DATATYPES[name])
    assert reason.lower() in str(caught.value).lower()


ELEMENTS: list[Any] = [0, -3, 7, 300, 2.5, -0.0, 1e39, 10**30, True, None, "1,2", [1], {}]
LISTS = st.lists(st.sampled_from(ELEMENTS), max_size=9)


def _read_or_reason(text: bytes, name: str, count: int) -> bytes | str:
    try:
        return read_json(text, [count], DATATYPES[name]).tobytes()
    except BadTensor as error:
        return str(error)


@given(st.sampled_from(NUMBERS), LISTS, st.integers(0, 9), st.sampled_from([None, 1]))
def test_long_lists_are_read_in_pieces_as_in_one(
    name: str, elements: list[Any], count: int, indent: int | None
) -> None:
    text = json.dumps(elements, indent=indent).encode()
    for changed in (text, text[:-1] + b",]", text[:-1], text + b"]"):
        whole = _read_or_reason(changed, name, count)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bentos.core.inference_protocol.datatypes.PIECE_BYTES", 2)
            assert _read_or_reason(changed, name, count) == whole


def test_list_of_many_pieces_is_the_same_array() -> None:
    numbers = np.random.default_rng(1).random(20_000).astype(np.float32)
    text = json.dumps(numbers.tolist()).encode()
    assert len(text) > 2 * PIECE_BYTES
    assert np.array_equal(read_json(text, [200, 100], DATATYPES["FP32"]), numbers.reshape(200, 100))


def test_flat_data_fill_any_shape_row_by_row() -> None:
    assert read_json(b"[1, 2, 3, 4]", [2, 2], DATATYPES["UINT32"]).tolist() == [[1, 2], [3, 4]]
    assert read_json(b" [ [1, 2],\n [3, 4]]", [2, 2], DATATYPES["UINT32"]).tolist() == [[1, 2], [3, 4]]


def test_truth_in_bytes_is_0_or_1() -> None:
    assert read_binary(memoryview(b"\1\0\1"), (3,), DATATYPES["BOOL"]).tolist() == [True, False, True]
    with pytest.raises(BadTensor, match="neither 0 nor 1"):
        read_binary(memoryview(b"\1\2"), (2,), DATATYPES["BOOL"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\1\0\0", "within the length"),
        (b"\5\0\0\0ab", "said to have 5 bytes"),
        (b"\1\0\0\0a" * 3, "takes 2 elements, not 3"),
    ],
)
def test_strings_that_end_early_or_are_too_many_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadTensor, match=reason):
        read_binary(memoryview(data), (2,), DATATYPES["BYTES"])


def test_strings_that_are_not_utf_8_go_out_in_bytes_only() -> None:
    array = np.array([b"\xff"], dtype=np.object_)
    assert write_binary(array, DATATYPES["BYTES"]) == b"\1\0\0\0\xff"
    with pytest.raises(BadTensor, match="ask for them with binary_data"):
        write_json(array, DATATYPES["BYTES"])


def test_declared_dtypes_have_the_datatypes_of_the_protocol() -> None:
    expected = {"int64": "INT64", "float64": "FP64", "float16": "FP16", "bool": "BOOL", "string": "BYTES"}
    assert {
        dtype: datatype_of(Field(name="x", dtype=dtype, shape=(-1,))).name for dtype in expected
    } == expected
    with pytest.raises(ValueError, match="no such datatype"):
        datatype_of(Field(name="x", dtype="complex64", shape=(-1,)))
