"""Answers have the form in which the inputs came."""

import numpy as np

from bentos.core.contract import Field
from bentos.core.inference_protocol.grpc.descriptors import Message
from bentos.core.inference_protocol.grpc.messages import ModelInferResponse
from bentos.core.inference_protocol.grpc.responses import MessageWriter
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors

FOUND: Tensors = {
    "numbers": np.array([[1.0, 1.5], [2.0, 2.5]], dtype=np.float32),
    "names": np.array([b"oak", b"\xff"], dtype=np.object_),
    "halves": np.array([0.5], dtype=np.float16),
}
WRITER = MessageWriter(
    "mymodel",
    "v1",
    TensorModel(
        inputs=(),
        outputs=(
            Field(name="numbers", dtype="float32", shape=(-1, 2)),
            Field(name="names", dtype="string", shape=(-1,)),
            Field(name="halves", dtype="float16", shape=(-1,)),
        ),
        infer=lambda _: FOUND,
        platform="",
        example={},
    ),
)


def written(**outputs: bool) -> Message:
    return ModelInferResponse.FromString(WRITER.write(Inference({}, outputs, 1, "42"), FOUND))


def test_typed_answer_has_its_elements_in_the_outputs() -> None:
    answer = written(names=False, numbers=False)
    assert (answer.model_name, answer.model_version, answer.id) == ("mymodel", "v1", "42")
    assert [(one.name, one.datatype, list(one.shape)) for one in answer.outputs] == [
        ("names", "BYTES", [2]),
        ("numbers", "FP32", [2, 2]),
    ]
    assert list(answer.outputs[0].contents.bytes_contents) == [b"oak", b"\xff"]
    assert list(answer.outputs[1].contents.fp32_contents) == [1.0, 1.5, 2.0, 2.5]
    assert not answer.raw_output_contents


def test_raw_answer_has_its_elements_behind_the_outputs() -> None:
    answer = written(numbers=True, names=True)
    assert not any(one.HasField("contents") for one in answer.outputs)
    assert np.frombuffer(answer.raw_output_contents[0], "<f4").tolist() == [1.0, 1.5, 2.0, 2.5]
    assert answer.raw_output_contents[1] == b"\x03\0\0\0oak\x01\0\0\0\xff"


def test_half_floats_make_the_whole_answer_raw() -> None:
    answer = written(numbers=False, halves=False)
    assert [len(raw) for raw in answer.raw_output_contents] == [16, 2]
