"""Inference calls over gRPC: what is read has the declared forms, and protobuf reads the same."""

from typing import Any

import numpy as np

from bentos.core.errors import InvalidFields, MalformedBody, UnknownResource
from bentos.core.inference_protocol.datatypes import datatype_of
from bentos.core.inference_protocol.grpc.messages import ModelInferRequest
from bentos.core.inference_protocol.grpc.requests import MessageReader
from tests.fuzz.inferences import INPUTS, MODEL, MOST_ROWS
from tests.fuzz.target import Check, Target

Message: Any = ModelInferRequest


def _make() -> Check:
    reader = MessageReader("m", "1", MODEL)

    def check(body: bytes) -> str:
        try:
            found = reader.read(body)
        except (MalformedBody, InvalidFields, UnknownResource) as error:
            return _name(error)
        assert 1 <= found.rows <= MOST_ROWS
        for field in INPUTS:
            if field.name in found.inputs:
                array = found.inputs[field.name]
                assert array.shape == tuple(found.rows if size == -1 else size for size in field.shape)
                assert array.dtype == datatype_of(field).dtype
        _compare_ids(found.inputs["id"], Message.FromString(body))
        return "accepted"

    return check


def _name(error: Exception) -> str:
    assert str(error)
    return type(error).__name__


def _compare_ids(array: Any, message: Any) -> None:
    place = [one.name for one in message.inputs].index("id")
    if message.raw_input_contents:
        wanted = np.frombuffer(message.raw_input_contents[place], "<i8")
    else:
        wanted = np.array(message.inputs[place].contents.int64_contents, dtype="<i8")
    assert np.array_equal(array, wanted)


def _typed() -> bytes:
    message = Message(model_name="m", id="42")
    one = message.inputs.add(name="word", datatype="BYTES", shape=[2])
    one.contents.bytes_contents.extend([b"a", b""])
    two = message.inputs.add(name="id", datatype="INT64", shape=[2])
    two.contents.int64_contents.extend([25, -1])
    three = message.inputs.add(name="size", datatype="FP32", shape=[2, 2])
    three.contents.fp32_contents.extend([1, 2, 3, 4])
    message.outputs.add(name="two").parameters["x"].bool_param = True
    encoded: bytes = message.SerializeToString()
    return encoded


def _raw() -> bytes:
    message = Message(model_name="m", model_version="1")
    message.inputs.add(name="id", datatype="INT64", shape=[2])
    message.inputs.add(name="is", datatype="BOOL", shape=[2])
    message.raw_input_contents.extend([bytes(16), b"\0\1"])
    encoded: bytes = message.SerializeToString()
    return encoded


TARGETS = (
    Target(
        name="inference-message",
        make=_make,
        seeds=(_typed(), _raw()),
        words=(
            b"id",
            b"size",
            b"INT64",
            b"FP32",
            b"BOOL",
            b"\x0a\x00",
            b"\xff" * 9 + b"\x01",
            b"\x2a\x04word",
        ),
    ),
)
