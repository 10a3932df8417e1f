"""Messages of calls over gRPC, as a client would write them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bentos.core.inference_protocol.datatypes import DATATYPES, write_binary
from bentos.core.inference_protocol.grpc.messages import CONTENTS, SERVICE, ModelInferRequest

INFER = f"/{SERVICE}/ModelInfer"


def infer_message(
    inputs: Mapping[str, tuple[str, Any]],
    raw: bool,
    model: str = "tiny",
    version: str = "",
    outputs: Sequence[str] = (),
    request_id: str = "",
) -> Any:
    """A request with these inputs, each a datatype and nested lists."""
    message = ModelInferRequest(model_name=model, model_version=version, id=request_id)
    for name, (datatype, values) in inputs.items():
        elements = np.ravel(np.array(values, dtype=DATATYPES[datatype].dtype))
        tensor = message.inputs.add(name=name, datatype=datatype, shape=np.shape(values))
        if raw:
            message.raw_input_contents.append(write_binary(elements, DATATYPES[datatype]))
        else:
            getattr(tensor.contents, CONTENTS[datatype]).extend(elements.tolist())
    for name in outputs:
        message.outputs.add(name=name)
    return message


def leaves(count: int = 1, first: float = 12.5) -> dict[str, tuple[str, Any]]:
    """So many leaves for the tiny service."""
    heights = [first, *(float(row % 50) for row in range(1, count))]
    return {"height": ("FP32", heights), "width": ("FP32", [3.5] * count)}
