"""From a model's arrays to the message of an answer."""

from bentos.core.inference_protocol.datatypes import datatype_of, write_binary
from bentos.core.inference_protocol.grpc.messages import CONTENTS, ModelInferResponse
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors


class MessageWriter:
    """Writes the answers of one model."""

    def __init__(self, name: str, version: str, model: TensorModel) -> None:
        self._name = name
        self._version = version
        self._datatypes = {field.name: datatype_of(field) for field in model.outputs}

    def write(self, inference: Inference, found: Tensors) -> bytes:
        """Return the encoded answer with the outputs that were asked for, in that order: all raw or none. A
        datatype that has no other form makes them raw."""
        answer = ModelInferResponse(model_name=self._name, model_version=self._version, id=inference.id)
        wanted = inference.outputs
        raw = any(wanted.values()) or any(self._datatypes[name].name not in CONTENTS for name in wanted)
        for name in wanted:
            array, datatype = found[name], self._datatypes[name]
            output = answer.outputs.add(name=name, datatype=datatype.name, shape=array.shape)
            if raw:
                answer.raw_output_contents.append(write_binary(array, datatype))
            else:
                getattr(output.contents, CONTENTS[datatype.name]).extend(array.ravel().tolist())
        encoded: bytes = answer.SerializeToString()
        return encoded
