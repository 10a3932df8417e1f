"""Whole inference requests, in JSON and with bytes behind it: what is read is what a plain reading of the
protocol finds in them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bentos.core.contract import Field
from bentos.core.errors import InvalidFields, MalformedBody
from bentos.core.inference_protocol.datatypes import Datatype, datatype_of
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.messages import MOST_DIMENSIONS, MOST_TENSORS
from bentos.core.inference_protocol.requests import RequestReader
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors
from tests.fuzz.battles import check_refusal
from tests.fuzz.json_oracle import NotJson, Pairs, has_endless_number, parse, walk
from tests.fuzz.target import Check, Target
from tests.fuzz.tensors import assert_same, expected_json, strings_in

INPUTS = (
    Field(name="id", dtype="int64", shape=(-1,)),
    Field(name="size", dtype="float32", shape=(-1, 2), optional=True),
    Field(name="is", dtype="bool", shape=(-1,), optional=True),
    Field(name="word", dtype="string", shape=(-1,), optional=True),
)
OUTPUTS = (Field(name="one", dtype="float64", shape=(-1,)), Field(name="two", dtype="int64", shape=(-1,)))
MOST_ROWS = 20
_NOT_OFFERED = {"classification", "shared_memory_region"}

Json = dict[str, Any]


class Refused(Exception):
    """A plain reading of the protocol finds no request here."""


def infer(_inputs: Tensors) -> Tensors:
    return {}


MODEL = TensorModel(
    inputs=INPUTS,
    outputs=OUTPUTS,
    infer=infer,
    platform="",
    example={},
    most_rows=MOST_ROWS,
)


def read_plainly(document: Any, binary: bytes | None) -> tuple[dict[str, list[Any]], dict[str, bool]]:
    """Return the elements of each input, and of each wanted output whether it is wanted in bytes. Raises
    Refused."""
    request = _members(document)
    _need(request.get("id") is None or isinstance(request["id"], str))
    parameters = _parameters(request)
    inputs = [_input(one) for one in _items(request.get("inputs"), least=1)]
    outputs = [] if request.get("outputs") is None else [_members(one) for one in _items(request["outputs"])]
    for one in outputs:
        _need(isinstance(one.get("name"), str))
        one["parameters"] = _parameters(one)
    rows = _check_shapes(inputs)
    _need(1 <= rows <= MOST_ROWS)
    return _elements(inputs, binary), _wanted(outputs, parameters)


def _members(value: Any) -> Json:
    _need(isinstance(value, Pairs))
    found: Json = value.last()
    return found


def _items(value: Any, least: int = 0) -> list[Any]:
    _need(type(value) is list and least <= len(value) <= MOST_TENSORS)
    found: list[Any] = value
    return found


def _parameters(members: Json) -> Json:
    if members.get("parameters") is None:
        return {}
    parameters = _members(members["parameters"])
    _need(all(isinstance(one, str | bool | int | float) for one in parameters.values()))
    return parameters


def _input(value: Any) -> Json:
    one = _members(value)
    _need(isinstance(one.get("name"), str) and isinstance(one.get("datatype"), str))
    shape = one.get("shape")
    _need(type(shape) is list and len(shape) <= MOST_DIMENSIONS)
    _need(all(type(size) is int and size >= 0 for size in one["shape"]))
    return {**one, "parameters": _parameters(one)}


def _check_shapes(inputs: Sequence[Json]) -> int:
    fields = {field.name: field for field in INPUTS}
    names = [one["name"] for one in inputs]
    _need(set(names) <= set(fields) and len(set(names)) == len(names) and "id" in names)
    rows: int = next(one["shape"][0] if one["shape"] else -1 for one in inputs)
    for one in inputs:
        field = fields[one["name"]]
        _need(one["datatype"] == datatype_of(field).name)
        _need(one["shape"] == [rows if size == -1 else size for size in field.shape])
    return rows


def _elements(inputs: Sequence[Json], binary: bytes | None) -> dict[str, list[Any]]:
    kinds = {field.name: datatype_of(field) for field in INPUTS}
    found: dict[str, list[Any]] = {}
    rest = binary or b""
    for one in inputs:
        kind, shape, parameters = kinds[one["name"]], one["shape"], one["parameters"]
        _need(not _NOT_OFFERED & set(parameters))
        size = parameters.get("binary_data_size")
        _need((size is None) == ("data" in one))
        if size is None:
            elements = expected_json(one["data"], shape, kind)
        else:
            _need(type(size) is int and size >= 0 and binary is not None and size <= len(rest))
            elements = _from_bytes(rest[:size], shape, kind)
            rest = rest[size:]
        _need(elements is not None)
        found[one["name"]] = elements or []
    _need(not rest)
    return found


def _from_bytes(data: bytes, shape: Sequence[int], kind: Datatype) -> list[Any] | None:
    if kind.element is str:
        return strings_in(data, math.prod(shape))
    if len(data) != math.prod(shape) * kind.dtype.itemsize or (kind.element is bool and max(data) > 1):
        return None
    elements: list[Any] = np.frombuffer(data, kind.dtype).tolist()
    return elements


def _wanted(outputs: Sequence[Json], parameters: Json) -> dict[str, bool]:
    names = [field.name for field in OUTPUTS]
    in_bytes: bool = parameters.get("binary_data_output", False)
    _need(isinstance(in_bytes, bool))
    if not outputs:
        return dict.fromkeys(names, in_bytes)
    wanted: dict[str, bool] = {}
    for one in outputs:
        _need(
            one["name"] in names and one["name"] not in wanted and not _NOT_OFFERED & set(one["parameters"])
        )
        flag = one["parameters"].get("binary_data", in_bytes)
        _need(isinstance(flag, bool))
        wanted[one["name"]] = flag
    return wanted


def _need(is_so: bool) -> None:
    if not is_so:
        raise Refused


def _compare(found: Inference, elements: Mapping[str, list[Any]], wanted: Mapping[str, bool]) -> None:
    assert set(found.inputs) == set(elements)
    assert list(found.outputs.items()) == list(wanted.items())
    for field in INPUTS:
        if field.name in elements:
            _compare_one(found.inputs[field.name], elements[field.name], field, found.rows)


def _compare_one(array: NDArray[Any], elements: Sequence[Any], field: Field, rows: int) -> None:
    shape = [rows if size == -1 else size for size in field.shape]
    if elements and isinstance(elements[0], bytes):
        assert (array.shape, array.ravel().tolist()) == (tuple(shape), list(elements))
    elif not any(isinstance(one, float) and math.isnan(one) for one in elements):
        assert_same(array, elements, shape, datatype_of(field))


def _check(reader: RequestReader, body: bytes, json_bytes: int | None) -> str:
    head = body if json_bytes is None else body[:json_bytes]
    binary = None if json_bytes is None else body[json_bytes:]
    try:
        found = reader.read(body, json_bytes)
    except (MalformedBody, InvalidFields) as error:
        check_refusal(error)
        assert _is_refused(head, binary), "refused, and is sound"
        return type(error).__name__
    document = parse(head)
    if _repeats_names(document):
        # Every member of a repeated name is looked at; a plain reading sees the last.
        return "accepted with repeated names"
    _compare(found, *read_plainly(document, binary))
    return "accepted"


def _is_refused(head: bytes, binary: bytes | None) -> bool:
    try:
        document = parse(head)
        if _repeats_names(document) or has_endless_number(document):
            return True
        read_plainly(document, binary)
    except (NotJson, Refused):
        return True
    return False


def _repeats_names(document: Any) -> bool:
    return any(isinstance(one, Pairs) and len(one.last()) != len(one) for one in walk(document))


def _make_json() -> Check:
    reader = RequestReader(MODEL)
    return lambda body: _check(reader, body, None)


def _make_binary() -> Check:
    reader = RequestReader(MODEL)

    def check(data: bytes) -> str:
        """The first two bytes say how many bytes of JSON there are; 0 means up to the last brace."""
        body = data[2:]
        declared = int.from_bytes(data[:2], "little") or body.rfind(b"}") + 1
        return _check(reader, body, min(declared, len(body)))

    return check


_ID = b'{"name":"id","shape":[2],"datatype":"INT64","data":[25,150]}'
_SIZE = b'{"name":"size","shape":[2,2],"datatype":"FP32","data":[[1,2.5],[3,4]]}'
_IS = b'{"name":"is","shape":[2],"datatype":"BOOL","data":[true,false]}'
_WORD = b'{"name":"word","shape":[2],"datatype":"BYTES","data":["a",""]}'
_ID_BYTES = b'{"name":"id","shape":[2],"datatype":"INT64","parameters":{"binary_data_size":16}}'
_WORD_BYTES = b'{"name":"word","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":9}}'
_MORE = (
    b',"outputs":[{"name":"two","parameters":{"binary_data":true}}],"id":"42",'
    b'"parameters":{"binary_data_output":false}'
)
_WORDS = (
    *(b'"data":', b'"shape":', b'"datatype":', b'"parameters":', b'"binary_data_size":', b'"outputs":'),
    *(b'"id"', b'"size"', b'"is"', b'"word"', b'"classification":', b'"binary_data":', b'"INT64"', b'"FP32"'),
)


def _request(*inputs: bytes, more: bytes = b"") -> bytes:
    return b'{"inputs":[' + b",".join(inputs) + b"]" + more + b"}"


TARGETS = (
    Target(
        name="inference-json",
        make=_make_json,
        seeds=(_request(_ID), _request(_ID, _SIZE, more=_MORE), _request(_WORD, _ID, _IS)),
        words=_WORDS,
    ),
    Target(
        name="inference-binary",
        make=_make_binary,
        seeds=(
            b"\0\0" + _request(_ID_BYTES) + bytes(16),
            b"\0\0" + _request(_ID_BYTES, _WORD_BYTES, _SIZE, more=_MORE) + bytes(16) + b"\1\0\0\0a\0\0\0\0",
            b"\0\0" + _request(_ID, _IS),
        ),
        words=_WORDS,
    ),
)
