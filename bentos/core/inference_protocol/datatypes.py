"""The protocol's datatypes, and tensors between bytes, JSON and arrays.

Bytes are little-endian and row-major without gaps; an element of BYTES is its length as four bytes and then
itself. In JSON the elements are given in one list, or in lists within lists.
"""

import contextlib
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bentos.core.contract import Field

Tensor = NDArray[Any]

PIECE_BYTES = 16 * 1024
"""Of a long list in JSON, as much is read in one go: about a tenth of a millisecond."""

_WHITE = b" \t\r\n"
_LENGTH = struct.Struct("<I")


class BadTensor(ValueError):
    """What a caller sent is not the tensor that it is said to be."""


@dataclass(frozen=True, slots=True)
class Datatype:
    """One datatype: `dtype` is that of the arrays (BYTES: objects, which are `bytes`), `element` what it is
    in JSON."""

    name: str
    dtype: np.dtype[Any]
    element: type


def _table() -> dict[str, Datatype]:
    numbers = [("UINT", "u", int), ("INT", "i", int), ("FP", "f", float)]
    sizes = {"UINT": (1, 2, 4, 8), "INT": (1, 2, 4, 8), "FP": (2, 4, 8)}
    table = [
        Datatype(f"{name}{8 * size}", np.dtype(f"<{kind}{size}"), element)
        for name, kind, element in numbers
        for size in sizes[name]
    ]
    table += [Datatype("BOOL", np.dtype(np.bool_), bool), Datatype("BYTES", np.dtype(np.object_), str)]
    return {one.name: one for one in table}


DATATYPES = _table()
_NARROW = frozenset({"FP16", "FP32"})
"""Not every number of JSON fits these; numpy would make it infinite."""
_BY_DTYPE = {str(one.dtype): one for one in DATATYPES.values()} | {"string": DATATYPES["BYTES"]}


def datatype_of(field: Field) -> Datatype:
    """Return the datatype of a declared tensor. Raises ValueError if the protocol has none for it."""
    try:
        return _BY_DTYPE[field.dtype]
    except KeyError:
        raise ValueError(f"{field.name} is {field.dtype}: the protocol has no such datatype.") from None


def read_json(data: bytes | msgspec.Raw, shape: Sequence[int], datatype: Datatype) -> Tensor:
    """Return the tensor whose elements are in this JSON. Raises BadTensor."""
    depth = len(shape) if len(shape) > 1 and _is_nested(data) else 1
    if depth == 1 and len(memoryview(data)) > PIECE_BYTES and datatype.element in (int, float):
        with contextlib.suppress(BadTensor, msgspec.DecodeError):
            numbers = _read_numbers(bytes(data), datatype)
            _require_count(numbers.size, shape)
            return numbers.reshape(shape)
    try:
        elements = _decoder(datatype.element, depth).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadTensor(f"{error}.") from None
    array = _to_array(elements, datatype)
    if depth > 1 and array.size and array.shape != tuple(shape):
        raise BadTensor(f"the data have the shape {list(array.shape)}, not {list(shape)}.")
    _require_count(array.size, shape)
    return array.reshape(shape)


def read_elements(elements: list[Any], shape: Sequence[int], datatype: Datatype) -> Tensor:
    """Return the tensor with these elements, which are `bytes` for BYTES. Raises BadTensor."""
    if datatype.element is str:
        return _shape_strings(elements, shape)
    array = _to_array(elements, datatype)
    _require_count(array.size, shape)
    return array.reshape(shape)


def read_binary(data: memoryview, shape: Sequence[int], datatype: Datatype) -> Tensor:
    """Return the tensor that these bytes are: a read-only view of them where there can be one. Raises
    BadTensor."""
    if datatype.element is str:
        return _read_strings(data, shape)
    expected = math.prod(shape) * datatype.dtype.itemsize
    if len(data) != expected:
        raise BadTensor(f"{datatype.name} of shape {list(shape)} takes {expected} bytes, not {len(data)}.")
    if datatype.element is bool and np.frombuffer(data, np.uint8).max(initial=0) > 1:
        raise BadTensor("a byte of BOOL is neither 0 nor 1.")
    return np.frombuffer(data, datatype.dtype).reshape(shape)


def write_json(array: Tensor, datatype: Datatype) -> list[Any]:
    """Return the elements in one list. Raises BadTensor for strings that are not UTF-8."""
    elements: list[Any] = array.ravel().tolist()
    if datatype.element is not str:
        return elements
    try:
        return [element.decode() for element in elements]
    except UnicodeDecodeError:
        raise BadTensor("the strings are not UTF-8: ask for them with binary_data.") from None


def write_binary(array: Tensor, datatype: Datatype) -> bytes:
    """Return the elements' bytes."""
    if datatype.element is not str:
        return array.astype(datatype.dtype, copy=False).tobytes()
    return b"".join(_LENGTH.pack(len(element)) + element for element in array.ravel().tolist())


def _read_numbers(data: bytes, datatype: Datatype) -> Tensor:
    """Return the array of a list of numbers, read in many short steps: msgspec and numpy keep the interpreter
    for the whole of each, and other threads want their turn. Raises BadTensor or DecodeError, not with the
    words for the whole list."""
    text = data.strip(_WHITE)
    decode = _decoder(datatype.element, 1).decode
    pieces = []
    start, last = 1, len(text) - 1
    while start < last:
        comma = text.find(b",", start + PIECE_BYTES)
        end = last if comma < 0 else comma
        pieces.append(_to_array(decode(b"[%b]" % text[start:end]), datatype))
        start = end + 1
    if start <= last:
        raise BadTensor("a comma is the last of the data.")
    return np.concatenate(pieces)


def _is_nested(data: bytes | msgspec.Raw) -> bool:
    start = bytes(memoryview(data)[:256]).lstrip(_WHITE)
    return start.startswith(b"[") and start[1:].lstrip(_WHITE).startswith(b"[")


@cache
def _decoder(element: type, depth: int) -> msgspec.json.Decoder[Any]:
    kind: Any = element
    for _ in range(depth):
        kind = list[kind]
    return msgspec.json.Decoder(kind)


def _to_array(elements: list[Any], datatype: Datatype) -> Tensor:
    if datatype.element is str:
        return _to_objects(elements)
    try:
        if datatype.name in _NARROW:
            with np.errstate(over="raise"):
                return np.array(elements, dtype=datatype.dtype)
        return np.array(elements, dtype=datatype.dtype)
    except (OverflowError, FloatingPointError):
        raise BadTensor(f"an element is beyond what {datatype.name} can hold.") from None
    except ValueError:
        raise BadTensor("the lists within the data are not of the same lengths.") from None


def _to_objects(elements: list[Any]) -> Tensor:
    array = np.array(elements, dtype=np.object_)
    flat = array.ravel()
    if any(not isinstance(element, str) for element in flat):
        raise BadTensor("the lists within the data are not of the same lengths.")
    encoded = np.empty(flat.size, dtype=np.object_)
    encoded[:] = [element.encode() for element in flat]
    return encoded.reshape(array.shape)


def _read_strings(data: memoryview, shape: Sequence[int]) -> Tensor:
    elements: list[bytes] = []
    place = 0
    while place < len(data):
        start = place + _LENGTH.size
        if start > len(data):
            raise BadTensor("the bytes end within the length of an element.")
        (length,) = _LENGTH.unpack_from(data, place)
        place = start + length
        if place > len(data):
            raise BadTensor(f"element {len(elements)} is said to have {length} bytes; there are fewer.")
        elements.append(bytes(data[start:place]))
    return _shape_strings(elements, shape)


def _shape_strings(elements: Sequence[bytes], shape: Sequence[int]) -> Tensor:
    _require_count(len(elements), shape)
    array = np.empty(len(elements), dtype=np.object_)
    array[:] = elements
    return array.reshape(shape)


def _require_count(count: int, shape: Sequence[int]) -> None:
    if count != math.prod(shape):
        raise BadTensor(f"the shape {list(shape)} takes {math.prod(shape)} elements, not {count}.")
