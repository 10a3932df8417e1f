"""From a model's arrays to the body of an answer."""

from typing import NamedTuple

from bentos.core.errors import FieldError, InvalidFields
from bentos.core.inference_protocol.datatypes import BadTensor, datatype_of, write_binary, write_json
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.messages import InferenceResponse, Parameters, ResponseOutput, encode
from bentos.core.inference_protocol.requests import BINARY_SIZE
from bentos.core.inference_protocol.tensor_model import Tensor, TensorModel, Tensors


class Body(NamedTuple):
    """The body of an answer. Its first `json_bytes` are JSON; None: there is nothing but JSON."""

    content: bytes
    json_bytes: int | None


class ResponseWriter:
    """Writes the answers of one model."""

    def __init__(self, name: str, version: str, model: TensorModel) -> None:
        self._name = name
        self._version = version
        self._datatypes = {field.name: datatype_of(field) for field in model.outputs}

    def write(self, inference: Inference, found: Tensors) -> Body:
        """Return the answer with the outputs that were asked for, in that order. Raises InvalidFields for
        strings that JSON can't hold."""
        outputs: list[ResponseOutput] = []
        parts: list[bytes] = []
        for name, in_bytes in inference.outputs.items():
            if in_bytes:
                parts.append(write_binary(found[name], self._datatypes[name]))
                outputs.append(self._describe_bytes(name, found[name], len(parts[-1])))
            else:
                outputs.append(self._describe_data(name, found[name]))
        head = encode(InferenceResponse(self._name, self._version, outputs, inference.id))
        return Body(b"".join([head, *parts]), len(head)) if parts else Body(head, None)

    def _describe_bytes(self, name: str, array: Tensor, size_bytes: int) -> ResponseOutput:
        parameters: Parameters = {BINARY_SIZE: size_bytes}
        return ResponseOutput(name, array.shape, self._datatypes[name].name, parameters)

    def _describe_data(self, name: str, array: Tensor) -> ResponseOutput:
        datatype = self._datatypes[name]
        try:
            data = write_json(array, datatype)
        except BadTensor as error:
            raise InvalidFields([FieldError("outputs", f"{name}: {error}")]) from None
        return ResponseOutput(name, array.shape, datatype.name, data=data)
