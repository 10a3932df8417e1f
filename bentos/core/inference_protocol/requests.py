"""From the body of an inference request to arrays, or to a refusal that names what is wrong."""

from collections.abc import Sequence

from msgspec import UNSET, Raw

from bentos.core.decoding import BodyDecoder
from bentos.core.errors import FieldError, InvalidFields, MalformedBody
from bentos.core.inference_protocol.checks import TensorChecks, refuse_extensions
from bentos.core.inference_protocol.datatypes import BadTensor, Tensor, read_binary, read_json
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.messages import InferenceRequest, Parameters, RequestInput
from bentos.core.inference_protocol.plain import PlainReader
from bentos.core.inference_protocol.tensor_model import TensorModel
from bentos.core.json_bodies import INLINE_BODY_BYTES

BINARY_SIZE = "binary_data_size"
BINARY_OUTPUT = "binary_data"
ALL_OUTPUTS_BINARY = "binary_data_output"


class RequestReader:
    """Reads the requests for one model."""

    def __init__(self, model: TensorModel) -> None:
        self._checks = TensorChecks(model)
        self._decode = BodyDecoder(InferenceRequest)
        self._plain = PlainReader(model)

    def read(self, body: bytes, json_bytes: int | None) -> Inference:
        """Return what the body asks for. Its first `json_bytes` are JSON, tensors come behind; None: there is
        nothing but JSON.

        Raises MalformedBody or InvalidFields.
        """
        is_small = json_bytes is None and len(body) <= INLINE_BODY_BYTES
        plain = self._plain.read(body) if is_small else None
        return plain or self.read_any(body, json_bytes)

    def read_any(self, body: bytes, json_bytes: int | None) -> Inference:
        """Return and raise what `read` does, by the way that is open to all requests."""
        if json_bytes is None:
            request: InferenceRequest = self._decode(body)
            binary = None
        else:
            request = self._decode(body[:json_bytes])
            binary = memoryview(body)[json_bytes:]
        rows = self._checks.count_rows(request.inputs)
        inputs = self._read_inputs(request.inputs, binary)
        request_id = UNSET if request.id is None else request.id
        return Inference(inputs, self._read_outputs(request), rows, request_id)

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
        datatype = self._checks.datatype(one.name)
        try:
            if isinstance(data, Raw):
                return read_json(data, one.shape, datatype)
            return read_binary(data, one.shape, datatype)
        except BadTensor as error:
            raise InvalidFields([FieldError(f"inputs[{index}].data", f"{one.name}: {error}")]) from None

    def _read_outputs(self, request: InferenceRequest) -> dict[str, bool]:
        in_bytes = _flag(request.parameters, ALL_OUTPUTS_BINARY, "parameters", False)
        return {
            one.name: _flag(one.parameters, BINARY_OUTPUT, f"outputs[{index}].parameters", in_bytes)
            for index, one in enumerate(self._checks.choose_outputs(request.outputs or ()))
        }


def _binary_size(one: RequestInput, path: str, is_binary: bool) -> int | None:
    """Return how many bytes behind the JSON are this input, or None if it is in the JSON."""
    parameters = one.parameters or {}
    refuse_extensions(parameters, path)
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
