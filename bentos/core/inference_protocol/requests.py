"""From the body of an inference request to arrays, or to a refusal that names what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import UNSET, Raw, UnsetType

from bentos.core.contract import Field
from bentos.core.decoding import BodyDecoder
from bentos.core.errors import MOST_ECHOED, FieldError, InvalidFields, MalformedBody
from bentos.core.inference_protocol.datatypes import (
    BadTensor,
    Datatype,
    Tensor,
    datatype_of,
    read_binary,
    read_json,
)
from bentos.core.inference_protocol.messages import (
    InferenceRequest,
    Parameters,
    RequestInput,
)
from bentos.core.inference_protocol.tensor_model import ROWS, TensorModel

BINARY_SIZE = "binary_data_size"
BINARY_OUTPUT = "binary_data"
ALL_OUTPUTS_BINARY = "binary_data_output"

_NOT_OFFERED = ("classification", "shared_memory_region")
"""Extensions of Triton's that would change what an answer means; other parameters can be let pass."""


@dataclass(frozen=True, slots=True)
class Inference:
    """One inference that is asked for: arrays by input, and for each wanted output whether in bytes."""

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, bool]
    rows: int
    id: str | UnsetType


class RequestReader:
    """Reads the requests for one model."""

    def __init__(self, model: TensorModel) -> None:
        self._fields = {field.name: (field, datatype_of(field)) for field in model.inputs}
        self._required = [field.name for field in model.inputs if not field.optional]
        self._outputs = [field.name for field in model.outputs]
        self._most_rows = model.most_rows
        self._decode = BodyDecoder(InferenceRequest)

    def read(self, body: bytes, json_bytes: int | None) -> Inference:
        """Return what the body asks for. Its first `json_bytes` are JSON, tensors come behind; None: there is
        nothing but JSON.

        Raises MalformedBody or InvalidFields.
        """
        if json_bytes is None:
            request: InferenceRequest = self._decode(body)
            binary = None
        else:
            request = self._decode(body[:json_bytes])
            binary = memoryview(body)[json_bytes:]
        rows = self._check(request.inputs)
        inputs = self._read_inputs(request.inputs, binary)
        request_id = UNSET if request.id is None else request.id
        return Inference(inputs, self._read_outputs(request), rows, request_id)

    def _check(self, inputs: Sequence[RequestInput]) -> int:
        """Return the number of rows. Raises InvalidFields naming each input that is not as declared."""
        rows = self._count_rows(inputs)
        errors = list(self._find_errors(inputs, rows))
        names = [one.name for one in inputs]
        errors += [FieldError("inputs", f"{name} is missing") for name in self._required if name not in names]
        if not errors and not 1 <= rows <= self._most_rows:
            errors.append(FieldError("inputs", f"1 to {self._most_rows} rows are taken, not {rows}"))
        if errors:
            raise InvalidFields(errors)
        return rows

    def _count_rows(self, inputs: Sequence[RequestInput]) -> int:
        for one in inputs:
            if one.name in self._fields:
                for declared, given in zip(self._fields[one.name][0].shape, one.shape, strict=False):
                    if declared == ROWS:
                        return given
        return 1

    def _find_errors(self, inputs: Sequence[RequestInput], rows: int) -> Iterator[FieldError]:
        seen: set[str] = set()
        for index, one in enumerate(inputs):
            path = f"inputs[{index}]"
            if one.name not in self._fields:
                known = ", ".join(self._fields)
                yield FieldError(f"{path}.name", f"{_echo(one.name)} is not one of: {known}")
            elif one.name in seen:
                yield FieldError(f"{path}.name", f"{one.name} is given more than once")
            else:
                seen.add(one.name)
                yield from _judge(one, *self._fields[one.name], path, rows)

    def _read_inputs(self, inputs: Sequence[RequestInput], binary: memoryview | None) -> dict[str, Tensor]:
        tensors: dict[str, Tensor] = {}
        place = 0
        for index, one in enumerate(inputs):
            size = _binary_size(one, f"inputs[{index}]", binary is not None)
            data = one.data if size is None or binary is None else binary[place : place + size]
            place += size or 0
            tensors[one.name] = self._read_tensor(one, data, index)
        if binary is not None and place != len(binary):
            raise MalformedBody(f"{len(binary)} bytes are behind the JSON; the inputs name {place}.")
        return tensors

    def _read_tensor(self, one: RequestInput, data: memoryview | Raw, index: int) -> Tensor:
        datatype = self._fields[one.name][1]
        try:
            if isinstance(data, Raw):
                return read_json(data, one.shape, datatype)
            return read_binary(data, one.shape, datatype)
        except BadTensor as error:
            raise InvalidFields([FieldError(f"inputs[{index}].data", f"{one.name}: {error}")]) from None

    def _read_outputs(self, request: InferenceRequest) -> dict[str, bool]:
        in_bytes = _flag(request.parameters, ALL_OUTPUTS_BINARY, "parameters", False)
        if not request.outputs:
            return dict.fromkeys(self._outputs, in_bytes)
        outputs: dict[str, bool] = {}
        for index, one in enumerate(request.outputs):
            path = f"outputs[{index}]"
            if one.name not in self._outputs:
                known = ", ".join(self._outputs)
                raise InvalidFields([FieldError(f"{path}.name", f"{_echo(one.name)} is not one of: {known}")])
            if one.name in outputs:
                raise InvalidFields([FieldError(f"{path}.name", f"{one.name} is asked for more than once")])
            _refuse_extensions(one.parameters or {}, path)
            outputs[one.name] = _flag(one.parameters, BINARY_OUTPUT, f"{path}.parameters", in_bytes)
        return outputs


def _judge(one: RequestInput, field: Field, datatype: Datatype, path: str, rows: int) -> Iterator[FieldError]:
    if one.datatype != datatype.name:
        yield FieldError(f"{path}.datatype", f"{one.name} is {datatype.name}, not {_echo(one.datatype)}")
    if one.shape == [rows if declared == ROWS else declared for declared in field.shape]:
        return
    if len(one.shape) == len(field.shape) and all(
        declared in (ROWS, given) for declared, given in zip(field.shape, one.shape, strict=True)
    ):
        yield FieldError(f"{path}.shape", f"every input has the same number of rows, here {rows}")
    else:
        yield FieldError(f"{path}.shape", f"{one.name} has the shape {list(field.shape)}, not {one.shape}")


def _binary_size(one: RequestInput, path: str, is_binary: bool) -> int | None:
    """Return how many bytes behind the JSON are this input, or None if it is in the JSON."""
    parameters = one.parameters or {}
    _refuse_extensions(parameters, path)
    size = parameters.get(BINARY_SIZE)
    has_data = bool(memoryview(one.data))
    if size is None:
        if not has_data:
            raise InvalidFields([FieldError(f"{path}.data", f"{one.name} has no data")])
        return None
    if has_data:
        raise InvalidFields([FieldError(path, f"{one.name} has both data and {BINARY_SIZE}")])
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise InvalidFields([FieldError(f"{path}.parameters.{BINARY_SIZE}", "a number of bytes is expected")])
    if not is_binary:
        raise MalformedBody("Tensors in bytes need the header Inference-Header-Content-Length.")
    return size


def _flag(parameters: Parameters | None, name: str, path: str, default: bool) -> bool:
    value = (parameters or {}).get(name, default)
    if not isinstance(value, bool):
        raise InvalidFields([FieldError(f"{path}.{name}", "true or false is expected")])
    return value


def _refuse_extensions(parameters: Parameters, path: str) -> None:
    for name in _NOT_OFFERED:
        if name in parameters:
            raise InvalidFields([FieldError(f"{path}.parameters.{name}", "this extension is not offered")])


def _echo(text: str) -> str:
    return repr(text[:MOST_ECHOED])
