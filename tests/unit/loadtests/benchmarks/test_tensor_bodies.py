"""What is asked in tensors is what the protocol's own reader understands."""

import json

import numpy as np
import pytest

from bentos.core.inference_protocol.datatypes import DATATYPES, read_binary, read_json
from loadtests.benchmarks import tensor_bodies
from loadtests.benchmarks.synthetic.model import draw_rows

IDS = np.array([25, 150, 6])


def test_json_holds_the_same_float32_numbers() -> None:
    rows = draw_rows(3, seed=4)
    (asked,) = json.loads(tensor_bodies.json_body({"features": rows}))["inputs"]
    read = read_json(json.dumps(asked["data"]).encode(), asked["shape"], DATATYPES[asked["datatype"]])
    assert np.array_equal(read, rows)
    assert asked["shape"] == [3, 20]


def test_bytes_follow_the_json_that_describes_them() -> None:
    rows = draw_rows(3, seed=4)
    content, length = tensor_bodies.binary_body({"features": rows, "ids": IDS})
    place = length
    for asked, array in zip(json.loads(content[:length])["inputs"], (rows, IDS), strict=True):
        size = asked["parameters"]["binary_data_size"]
        read = read_binary(
            memoryview(content)[place : place + size], asked["shape"], DATATYPES[asked["datatype"]]
        )
        assert np.array_equal(read, array)
        place += size
    assert place == len(content)


def test_numbers_in_json_are_short() -> None:
    assert tensor_bodies.shortest(np.array([0.1, 0.0625], dtype=np.float32)) == [0.1, 0.0625]


def test_output_is_found_by_name() -> None:
    answer = {"outputs": [{"name": "winner", "data": [1]}, {"name": "probability", "data": [0.25, 1]}]}
    assert tensor_bodies.read_json(json.dumps(answer).encode(), "probability") == [0.25, 1.0]


def _binary_answer() -> tuple[bytes, int]:
    outputs = [
        {"name": "winner", "datatype": "INT64", "parameters": {"binary_data_size": 16}},
        {"name": "probability", "datatype": "FP64", "parameters": {"binary_data_size": 16}},
    ]
    head = json.dumps({"outputs": outputs}).encode()
    return head + np.array([1, 2]).tobytes() + np.array([0.25, 0.75]).tobytes(), len(head)


def test_output_is_found_among_bytes() -> None:
    assert tensor_bodies.read_binary(*_binary_answer(), "probability") == [0.25, 0.75]
    assert tensor_bodies.read_binary(*_binary_answer(), "winner") == [1.0, 2.0]


def test_output_that_is_missing_is_an_error() -> None:
    with pytest.raises(ValueError, match="'chance'"):
        tensor_bodies.read_binary(*_binary_answer(), "chance")
