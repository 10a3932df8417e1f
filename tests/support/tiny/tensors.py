"""The tiny service, asked in tensors: it has a tensor of each kind."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bentos.core.contract import Field
from bentos.core.errors import FieldError, InvalidFields
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors
from tests.support.tiny.api import Leaf
from tests.support.tiny.definition import DEFINITION as SILENT
from tests.support.tiny.definition import FAULTY_HEIGHT, FORBIDDEN_HEIGHT, TinyPredictor

MOST_LEAVES = 1000

INPUTS = (
    Field(name="height", dtype="float32", shape=(-1,), description="Centimetres."),
    Field(name="width", dtype="float32", shape=(-1,)),
    Field(name="name", dtype="string", shape=(-1,), optional=True),
    Field(name="veins", dtype="int16", shape=(-1, 2, 2), optional=True),
)
OUTPUTS = (
    Field(name="probability", dtype="float32", shape=(-1,)),
    Field(name="oak", dtype="bool", shape=(-1,)),
    Field(name="name", dtype="string", shape=(-1,), description="As it came in."),
    Field(name="veins", dtype="int16", shape=(-1, 2, 2)),
)


def tensors(predictor: TinyPredictor) -> TensorModel:
    def infer(inputs: Tensors) -> Tensors:
        heights, widths = inputs["height"].tolist(), inputs["width"].tolist()
        refused = [row for row, height in enumerate(heights) if height == FORBIDDEN_HEIGHT]
        if refused:
            raise InvalidFields([FieldError(f"height[{row}]", "no leaf is this high") for row in refused])
        if FAULTY_HEIGHT in heights:
            raise ZeroDivisionError("a secret about our insides")
        leaves = [Leaf(*sizes) for sizes in zip(heights, widths, strict=True)]
        probability = np.array([predictor.probability(leaf) for leaf in leaves], dtype=np.float32)
        nameless = np.array([b"leaf"] * len(leaves), dtype=np.object_)
        veinless = np.zeros((len(leaves), 2, 2), dtype=np.int16)
        return {
            "probability": probability,
            "oak": probability > 0.5,
            "name": inputs.get("name", nameless),
            "veins": inputs.get("veins", veinless),
        }

    return TensorModel(
        inputs=INPUTS,
        outputs=OUTPUTS,
        infer=infer,
        platform="tiny_ubj",
        example={"height": [12.5], "width": [3.5]},
        outcomes=outcomes,
        inline_rows=2,
        most_rows=MOST_LEAVES,
        body_limit_bytes=64 * 1024,
    )


def outcomes(found: Tensors) -> Iterator[tuple[str, NDArray[np.float64]]]:
    probability = found["probability"].astype(np.float64)
    yield "oak", probability[found["oak"]]
    yield "other", 1.0 - probability[~found["oak"]]


DEFINITION = replace(SILENT, tensors=tensors)
