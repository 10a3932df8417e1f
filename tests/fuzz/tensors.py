"""Single tensors in JSON and in bytes: what is read is what numpy and the standard library read in them."""

import json
import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bentos.core.inference_protocol.datatypes import (
    DATATYPES,
    BadTensor,
    Datatype,
    read_binary,
    read_json,
    write_binary,
    write_json,
)
from tests.fuzz.json_oracle import NotJson, Pairs, has_endless_number, parse
from tests.fuzz.target import Check, Target

SHAPES: tuple[tuple[int, ...], ...] = ((1,), (2,), (3,), (0,), (), (2, 2), (1, 3), (2, 1, 2), (0, 2), (1, 1))
KINDS = tuple(DATATYPES.values())


def expected_json(value: Any, shape: Sequence[int], datatype: Datatype) -> list[Any] | None:
    """Return the elements that this JSON gives a tensor in row-major order, or None if it gives none."""
    depth = len(shape) if len(shape) > 1 and type(value) is list and value and _is_list(value[0]) else 1
    elements = _flatten(value, shape if depth > 1 else (math.prod(shape),))
    if elements is None or not all(_fits(one, datatype) for one in elements):
        return None
    return elements


def _flatten(value: Any, shape: Sequence[int]) -> list[Any] | None:
    if not shape:
        return [value]
    if not _is_list(value) or len(value) != shape[0]:
        return None
    parts = [_flatten(one, shape[1:]) for one in value]
    return None if any(part is None for part in parts) else [one for part in parts for one in part or ()]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, Pairs)


def _fits(element: Any, datatype: Datatype) -> bool:
    if datatype.element is not float:
        if type(element) is not datatype.element:
            return False
        return not isinstance(element, int) or datatype.element is bool or _in_range(element, datatype)
    if type(element) not in (int, float) or not math.isfinite(element):
        return False
    with np.errstate(over="ignore"):
        return bool(np.isfinite(np.array(float(element), dtype=datatype.dtype)))


def _in_range(element: int, datatype: Datatype) -> bool:
    limits = np.iinfo(datatype.dtype)
    return int(limits.min) <= element <= int(limits.max)


def assert_same(
    found: NDArray[Any], elements: Sequence[Any], shape: Sequence[int], datatype: Datatype
) -> None:
    """Fail unless the array has this shape and these elements."""
    assert (found.shape, found.dtype) == (tuple(shape), datatype.dtype)
    told = [one.encode() for one in elements] if datatype.element is str else elements
    wanted = np.empty(len(told), dtype=datatype.dtype)
    wanted[:] = told
    assert np.array_equal(found.ravel(), wanted)


def _check_json(data: bytes) -> str:
    datatype, shape, body = _choose(data)
    try:
        found = read_json(body, shape, datatype)
    except BadTensor:
        assert not _is_sound(body, shape, datatype), "refused, and is sound"
        return "refused"
    document = parse(body)
    if not math.prod(shape):
        # Lists within lists that hold nothing are let pass, however they are nested.
        assert (found.size, found.shape) == (0, shape)
        return "empty"
    elements = expected_json(document, shape, datatype)
    assert elements is not None, "accepted, and is none"
    assert_same(found, elements, shape, datatype)
    again = json.dumps(write_json(found, datatype)).encode()
    assert np.array_equal(read_json(again, shape, datatype), found)
    return "accepted"


def _is_sound(body: bytes, shape: Sequence[int], datatype: Datatype) -> bool:
    try:
        document = parse(body)
    except NotJson:
        return False
    return not has_endless_number(document) and expected_json(document, shape, datatype) is not None


def _check_binary(data: bytes) -> str:
    datatype, shape, body = _choose(data)
    try:
        found = read_binary(memoryview(body), shape, datatype)
    except BadTensor:
        if datatype.element is str:
            assert strings_in(body, math.prod(shape)) is None
        else:
            is_bool = datatype.element is bool
            assert len(body) != math.prod(shape) * datatype.dtype.itemsize or (is_bool and max(body) > 1)
        return "refused"
    assert (found.shape, found.dtype) == (shape, datatype.dtype)
    assert write_binary(found, datatype) == body
    if datatype.element is str:
        assert found.ravel().tolist() == strings_in(body, found.size)
    else:
        wanted = np.frombuffer(body, datatype.dtype)
        assert np.array_equal(found.ravel(), wanted, equal_nan=datatype.element is float)
    return "accepted"


def strings_in(body: bytes, count: int) -> list[bytes] | None:
    """Return the elements of a tensor of strings, read one after the other, or None if they are not as
    many."""
    found = []
    while body:
        if len(body) < 4 or len(body) - 4 < struct.unpack("<I", body[:4])[0]:
            return None
        end = 4 + struct.unpack("<I", body[:4])[0]
        found.append(body[4:end])
        body = body[end:]
    return found if len(found) == count else None


def _choose(data: bytes) -> tuple[Datatype, tuple[int, ...], bytes]:
    kind, shape = (*data[:2], 0, 0)[:2]
    return KINDS[kind % len(KINDS)], SHAPES[shape % len(SHAPES)], data[2:]


def _make_json() -> Check:
    return _check_json


def _make_binary() -> Check:
    return _check_binary


def _head(kind: str, shape: tuple[int, ...]) -> bytes:
    return bytes([list(DATATYPES).index(kind), SHAPES.index(shape)])


TARGETS = (
    Target(
        name="tensor-json",
        make=_make_json,
        seeds=(
            _head("INT64", (3,)) + b"[1, -2, 3]",
            _head("UINT8", (2, 2)) + b"[[1, 255], [3, 0]]",
            _head("FP32", (1, 3)) + b"[0.5, 1e38, -3]",
            _head("FP16", (2,)) + b"[65504, 1e-9]",
            _head("BOOL", (2,)) + b"[true, false]",
            _head("BYTES", (2, 1, 2)) + '[[["a", "é"]], [["\\u0000", ""]]]'.encode(),
        ),
    ),
    Target(
        name="tensor-binary",
        make=_make_binary,
        seeds=(
            _head("INT64", (2,)) + bytes(16),
            _head("FP32", (2, 2)) + struct.pack("<4f", 1, float("nan"), float("inf"), -0.0),
            _head("BOOL", (3,)) + b"\0\1\1",
            _head("BYTES", (2,)) + struct.pack("<I1sI2s", 1, b"a", 2, b"\xff\0"),
        ),
    ),
)
