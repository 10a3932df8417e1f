"""The ordinary request in one step: nothing but JSON, each input's elements in one list, all outputs wanted
as they are.

That is what nearly all small requests are, and reading whatever the protocol allows takes three times as
long. What is anything else, or wrong, is left to `bentos.core.inference_protocol.requests`, which says why.
"""

import math
import struct
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import UNSET, Meta, Struct

from bentos.core.contract import Field
from bentos.core.inference_protocol.datatypes import Tensor, datatype_of
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.messages import MOST_TENSORS, Shape
from bentos.core.inference_protocol.tensor_model import ROWS, TensorModel


class PlainInput(Struct, frozen=True, forbid_unknown_fields=True):
    """One input tensor of numbers."""

    name: str
    shape: Shape
    datatype: str
    data: list[int | float]


class PlainRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A request without parameters."""

    inputs: Annotated[list[PlainInput], Meta(min_length=1, max_length=MOST_TENSORS)]
    id: str | None = None


class PlainReader:
    """Reads the ordinary requests for one model. Safe to share between threads."""

    def __init__(self, model: TensorModel) -> None:
        inputs = {field.name: _Input.of(field) for field in model.inputs}
        self._inputs = {name: one for name, one in inputs.items() if one is not None}
        self._required = {field.name for field in model.inputs if not field.optional}
        self._outputs = {field.name: False for field in model.outputs}
        self._most_rows = model.most_rows
        self._decode = msgspec.json.Decoder(PlainRequest).decode

    def read(self, body: bytes) -> Inference | None:
        """Return what the body asks for, or None if it is not ordinary."""
        # Only in other texts can there be characters that are none.
        if not body.isascii():
            return None
        try:
            return self._read(self._decode(body))
        except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError, struct.error):
            return None

    def _read(self, request: PlainRequest) -> Inference | None:
        rows = next(iter(request.inputs[0].shape), 0)
        if not 0 < rows <= self._most_rows:
            return None
        tensors: dict[str, Tensor] = {}
        for one in request.inputs:
            declared = self._inputs.get(one.name)
            if declared is None or not declared.fits(one, rows):
                return None
            tensors[one.name] = declared.read(one, rows)
        if len(tensors) < len(request.inputs) or not self._required <= tensors.keys():
            return None
        return Inference(tensors, self._outputs, rows, UNSET if request.id is None else request.id)


class _Input(NamedTuple):
    """A declared input of so many numbers a row."""

    datatype: str
    dtype: np.dtype[Any]
    columns: list[int]
    width: int
    code: str
    """The element as the module `struct` has it, which refuses numbers that it has no room for."""
    pack_row: Callable[..., bytes]

    @classmethod
    def of(cls, field: Field) -> "_Input | None":
        """Return a declared input, or None if it is not made of rows of numbers."""
        datatype = datatype_of(field)
        columns = list(field.shape[1:])
        if datatype.element not in (int, float) or field.shape[:1] != (ROWS,) or ROWS in columns:
            return None
        width = math.prod(columns)
        code = datatype.dtype.char if datatype.element is float else _code_of(datatype.dtype)
        return cls(datatype.name, datatype.dtype, columns, width, code, struct.Struct(f"<{width}{code}").pack)

    def fits(self, one: PlainInput, rows: int) -> bool:
        """Return whether what is given is as declared, with so many rows."""
        return (
            one.datatype == self.datatype
            and one.shape == [rows, *self.columns]
            and len(one.data) == rows * self.width
        )

    def read(self, one: PlainInput, rows: int) -> Tensor:
        """Return the tensor of what fits. Raises struct.error or OverflowError for a number that does not."""
        pack = self.pack_row if rows == 1 else struct.Struct(f"<{rows * self.width}{self.code}").pack
        return np.ndarray(one.shape, self.dtype, pack(*one.data))


def _code_of(dtype: np.dtype[Any]) -> str:
    signed = {1: "b", 2: "h", 4: "i", 8: "q"}[dtype.itemsize]
    return signed if dtype.kind == "i" else signed.upper()
