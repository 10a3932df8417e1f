"""What must be true of the tensors of a request before anything is read from them, whatever carried it."""

from collections.abc import Iterator, Sequence

from bentos.core.contract import Field
from bentos.core.errors import MOST_ECHOED, FieldError, InvalidFields
from bentos.core.inference_protocol.datatypes import Datatype, datatype_of
from bentos.core.inference_protocol.messages import Parameters, RequestInput, RequestOutput
from bentos.core.inference_protocol.tensor_model import ROWS, TensorModel

_NOT_OFFERED = ("classification", "shared_memory_region")
"""Extensions of Triton's that would change what an answer means; other parameters can be let pass."""


class TensorChecks:
    """Compares what is given and asked for with what a model declares."""

    def __init__(self, model: TensorModel) -> None:
        self._fields = {field.name: (field, datatype_of(field)) for field in model.inputs}
        self._required = [field.name for field in model.inputs if not field.optional]
        self._outputs = [field.name for field in model.outputs]
        self._all_outputs = tuple(RequestOutput(name) for name in self._outputs)
        self._most_rows = model.most_rows

    def datatype(self, name: str) -> Datatype:
        """Return the datatype of a declared input."""
        return self._fields[name][1]

    def count_rows(self, inputs: Sequence[RequestInput]) -> int:
        """Return the number of rows. Raises InvalidFields naming each input that is not as declared."""
        rows = self._find_rows(inputs)
        errors = list(self._find_errors(inputs, rows))
        names = [one.name for one in inputs]
        errors += [FieldError("inputs", f"{name} is missing") for name in self._required if name not in names]
        if not errors and not 1 <= rows <= self._most_rows:
            errors.append(FieldError("inputs", f"1 to {self._most_rows} rows are taken, not {rows}"))
        if errors:
            raise InvalidFields(errors)
        return rows

    def choose_outputs(self, asked: Sequence[RequestOutput]) -> Sequence[RequestOutput]:
        """Return the outputs that are asked for, which is all if none is named. Raises InvalidFields for one
        that there is not, that is named twice or that is wanted in a way that is not offered."""
        seen: set[str] = set()
        for index, one in enumerate(asked):
            path = f"outputs[{index}]"
            if one.name not in self._outputs:
                known = ", ".join(self._outputs)
                raise InvalidFields([FieldError(f"{path}.name", f"{_echo(one.name)} is not one of: {known}")])
            if one.name in seen:
                raise InvalidFields([FieldError(f"{path}.name", f"{one.name} is asked for more than once")])
            refuse_extensions(one.parameters or {}, path)
            seen.add(one.name)
        return asked or self._all_outputs

    def _find_rows(self, inputs: Sequence[RequestInput]) -> int:
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
                field, datatype = self._fields[one.name]
                if one.datatype != datatype.name or one.shape != _with_rows(field, rows):
                    yield from _judge(one, field, datatype, path, rows)


def refuse_extensions(parameters: Parameters, path: str) -> None:
    """Raise InvalidFields if the parameters of the tensor at `path` ask for what is not offered."""
    for name in _NOT_OFFERED:
        if name in parameters:
            raise InvalidFields([FieldError(f"{path}.parameters.{name}", "this extension is not offered")])


def _judge(one: RequestInput, field: Field, datatype: Datatype, path: str, rows: int) -> Iterator[FieldError]:
    if one.datatype != datatype.name:
        yield FieldError(f"{path}.datatype", f"{one.name} is {datatype.name}, not {_echo(one.datatype)}")
    if one.shape == _with_rows(field, rows):
        return
    if len(one.shape) == len(field.shape) and all(
        declared in (ROWS, given) for declared, given in zip(field.shape, one.shape, strict=True)
    ):
        yield FieldError(f"{path}.shape", f"every input has the same number of rows, here {rows}")
    else:
        yield FieldError(f"{path}.shape", f"{one.name} has the shape {list(field.shape)}, not {one.shape}")


def _with_rows(field: Field, rows: int) -> list[int]:
    return [rows if declared == ROWS else declared for declared in field.shape]


def _echo(text: str) -> str:
    return repr(text[:MOST_ECHOED])
