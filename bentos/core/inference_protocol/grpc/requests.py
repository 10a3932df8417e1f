"""From the message of an inference call to arrays, or to a refusal that names what is wrong."""

from typing import Any, TypeVar

from bentos.core.errors import MOST_ECHOED, FieldError, InvalidFields, MalformedBody, UnknownResource
from bentos.core.inference_protocol.checks import TensorChecks, refuse_extensions
from bentos.core.inference_protocol.datatypes import BadTensor, Datatype, Tensor, read_binary, read_elements
from bentos.core.inference_protocol.grpc.descriptors import DecodeError, Message
from bentos.core.inference_protocol.grpc.messages import CONTENTS, ModelInferRequest
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.messages import (
    MOST_DIMENSIONS,
    MOST_TENSORS,
    Parameters,
    RequestInput,
    RequestOutput,
)
from bentos.core.inference_protocol.tensor_model import TensorModel

_Message = TypeVar("_Message")


class MessageReader:
    """Reads the calls for one model. Where inputs come raw, outputs are to go so too."""

    def __init__(self, name: str, version: str, model: TensorModel) -> None:
        self._name = name
        self._version = version
        self._checks = TensorChecks(model)

    def read(self, body: bytes) -> Inference:
        """Return what the encoded message asks for. Raises MalformedBody, UnknownResource or
        InvalidFields."""
        message = decode(ModelInferRequest, body)
        require_model(message.model_name, message.model_version, self._name, self._version)
        if len(message.inputs) > MOST_TENSORS or len(message.outputs) > MOST_TENSORS:
            raise InvalidFields([FieldError("inputs", f"at most {MOST_TENSORS} tensors are taken")])
        given = [_describe(one, index) for index, one in enumerate(message.inputs)]
        rows = self._checks.count_rows(given)
        raw = message.raw_input_contents
        inputs = self._read_raw(given, message) if raw else self._read_typed(given, message.inputs)
        asked = [RequestOutput(one.name, _read_parameters(one.parameters)) for one in message.outputs]
        wanted = self._checks.choose_outputs(asked)
        return Inference(inputs, {one.name: bool(raw) for one in wanted}, rows, message.id)

    def _read_raw(self, given: list[RequestInput], message: Message) -> dict[str, Tensor]:
        raw = message.raw_input_contents
        if len(raw) != len(given):
            found = f"{len(raw)} tensors for {len(given)} inputs"
            raise InvalidFields([FieldError("raw_input_contents", f"there are {found}")])
        tensors: dict[str, Tensor] = {}
        for index, (one, data) in enumerate(zip(given, raw, strict=True)):
            if message.inputs[index].HasField("contents"):
                reason = f"{one.name} is in raw_input_contents as well"
                raise InvalidFields([FieldError(f"inputs[{index}].contents", reason)])
            try:
                tensors[one.name] = read_binary(memoryview(data), one.shape, self._checks.datatype(one.name))
            except BadTensor as error:
                raise _refusal(f"raw_input_contents[{index}]", one.name, error) from None
        return tensors

    def _read_typed(self, given: list[RequestInput], inputs: Any) -> dict[str, Tensor]:
        tensors: dict[str, Tensor] = {}
        for index, (one, message) in enumerate(zip(given, inputs, strict=True)):
            try:
                datatype = self._checks.datatype(one.name)
                tensors[one.name] = _read_contents(message.contents, one.shape, datatype)
            except BadTensor as error:
                raise _refusal(f"inputs[{index}].contents", one.name, error) from None
        return tensors


def decode(kind: type[_Message], body: bytes) -> _Message:
    """Return the message with this encoding. Raises MalformedBody."""
    try:
        decoded: _Message = kind.FromString(body)  # type: ignore[attr-defined]
    except DecodeError:
        raise MalformedBody("The message has another encoding than the protocol's.") from None
    return decoded


def require_model(name: str, version: str, own_name: str, own_version: str) -> None:
    """Raise UnknownResource unless this is the model and, if one is named, the version of this process."""
    if name != own_name or version not in ("", own_version):
        asked = f"{name[:MOST_ECHOED]!r}" + (f" in version {version[:MOST_ECHOED]!r}" if version else "")
        raise UnknownResource(
            f"There is no model {asked}: the model here is {own_name!r}, its version {own_version!r}."
        )


def _describe(one: Message, index: int) -> RequestInput:
    """Return what a message says about an input, in the form that the checks know."""
    if len(one.shape) > MOST_DIMENSIONS:
        path = f"inputs[{index}].shape"
        raise InvalidFields([FieldError(path, f"at most {MOST_DIMENSIONS} dimensions are taken")])
    parameters = _read_parameters(one.parameters)
    refuse_extensions(parameters, f"inputs[{index}]")
    return RequestInput(one.name, list(one.shape), one.datatype, parameters)


def _read_parameters(parameters: Any) -> Parameters:
    return {
        name: getattr(value, value.WhichOneof("parameter_choice") or "string_param")
        for name, value in parameters.items()
    }


def _read_contents(contents: Message, shape: list[int], datatype: Datatype) -> Tensor:
    field = CONTENTS.get(datatype.name)
    if field is None:
        raise BadTensor(f"{datatype.name} comes in raw_input_contents only.")
    others = [other.name for other, _ in contents.ListFields() if other.name != field]
    if others:
        raise BadTensor(f"the elements of {datatype.name} are in {field}, not in {others[0]}.")
    # A list, because numpy takes the container for an array and cuts off what its elements have too much.
    return read_elements(list(getattr(contents, field)), shape, datatype)


def _refusal(path: str, name: str, error: BadTensor) -> InvalidFields:
    return InvalidFields([FieldError(path, f"{name}: {error}")])
