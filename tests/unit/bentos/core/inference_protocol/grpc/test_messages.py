"""The messages are the protocol's: numbers and types are compared with bytes written by its rules."""

from typing import Any

import pytest

from bentos.core.inference_protocol.datatypes import DATATYPES
from bentos.core.inference_protocol.grpc import messages


def tag(number: int, content: bytes) -> bytes:
    """A field that has a length."""
    return bytes([number << 3 | 2, len(content)]) + content


PARAMETER = tag(1, b"p") + tag(2, b"\x10\x07")


@pytest.mark.parametrize(
    ("message", "encoded"),
    [
        (messages.ServerLiveResponse(live=True), b"\x08\x01"),
        (messages.ServerReadyResponse(ready=True), b"\x08\x01"),
        (messages.ModelReadyResponse(ready=True), b"\x08\x01"),
        (messages.ModelReadyRequest(name="m", version="7"), tag(1, b"m") + tag(2, b"7")),
        (messages.ModelMetadataRequest(name="m", version="7"), tag(1, b"m") + tag(2, b"7")),
        (
            messages.ServerMetadataResponse(name="n", version="v", extensions=["e"]),
            tag(1, b"n") + tag(2, b"v") + tag(3, b"e"),
        ),
        (
            messages.ModelMetadataResponse(
                name="n",
                versions=["7"],
                platform="p",
                inputs=[{"name": "i", "datatype": "FP32", "shape": [-1]}],
                outputs=[{"name": "o"}],
            ),
            tag(1, b"n")
            + tag(2, b"7")
            + tag(3, b"p")
            + tag(4, tag(1, b"i") + tag(2, b"FP32") + tag(3, b"\xff" * 9 + b"\x01"))
            + tag(5, tag(1, b"o")),
        ),
        (
            messages.ModelInferRequest(
                model_name="m",
                model_version="7",
                id="42",
                parameters={"p": {"int64_param": 7}},
                inputs=[
                    {
                        "name": "i",
                        "datatype": "INT64",
                        "shape": [1],
                        "parameters": {"p": {"int64_param": 7}},
                        "contents": {"int64_contents": [5]},
                    }
                ],
                outputs=[{"name": "o", "parameters": {"p": {"int64_param": 7}}}],
                raw_input_contents=[b"raw"],
            ),
            tag(1, b"m")
            + tag(2, b"7")
            + tag(3, b"42")
            + tag(4, PARAMETER)
            + tag(
                5,
                tag(1, b"i")
                + tag(2, b"INT64")
                + tag(3, b"\x01")
                + tag(4, PARAMETER)
                + tag(5, tag(3, b"\x05")),
            )
            + tag(6, tag(1, b"o") + tag(2, PARAMETER))
            + tag(7, b"raw"),
        ),
        (
            messages.ModelInferResponse(
                model_name="m",
                model_version="7",
                id="42",
                outputs=[
                    {"name": "o", "datatype": "BOOL", "shape": [1], "contents": {"bool_contents": [True]}}
                ],
                raw_output_contents=[b"raw"],
            ),
            tag(1, b"m")
            + tag(2, b"7")
            + tag(3, b"42")
            + tag(5, tag(1, b"o") + tag(2, b"BOOL") + tag(3, b"\x01") + tag(5, tag(1, b"\x01")))
            + tag(6, b"raw"),
        ),
        (messages.HealthCheckRequest(service="s"), tag(1, b"s")),
        (messages.HealthCheckResponse(status=messages.NOT_SERVING), b"\x08\x02"),
    ],
)
def test_message_has_the_protocols_numbers(message: Any, encoded: bytes) -> None:
    assert message.SerializeToString(deterministic=True) == encoded


@pytest.mark.parametrize(
    ("field", "value", "encoded"),
    [
        ("bool_contents", True, tag(1, b"\x01")),
        ("int_contents", -1, tag(2, b"\xff" * 9 + b"\x01")),
        ("int64_contents", 3, tag(3, b"\x03")),
        ("uint_contents", 4, tag(4, b"\x04")),
        ("uint64_contents", 2**64 - 1, tag(5, b"\xff" * 9 + b"\x01")),
        ("fp32_contents", 1.0, tag(6, b"\x00\x00\x80\x3f")),
        ("fp64_contents", 1.0, tag(7, b"\x00" * 6 + b"\xf0\x3f")),
        ("bytes_contents", b"\xff", tag(8, b"\xff")),
    ],
)
def test_elements_are_where_the_protocol_has_them(field: str, value: Any, encoded: bytes) -> None:
    request = messages.ModelInferRequest(inputs=[{"contents": {field: [value]}}])
    assert request.inputs[0].contents.SerializeToString() == encoded
    assert field in messages.CONTENTS.values()


def test_every_datatype_but_the_half_float_has_its_elements_somewhere() -> None:
    assert set(DATATYPES) - set(messages.CONTENTS) == {"FP16"}
