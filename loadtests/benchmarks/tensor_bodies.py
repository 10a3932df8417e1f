"""Bodies of the Open Inference Protocol, in JSON and with tensors as bytes behind it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

DATATYPES = {"float32": "FP32", "int64": "INT64"}

Arrays = Mapping[str, NDArray[Any]]


def json_body(inputs: Arrays) -> bytes:
    """Return a request with the elements in JSON, each input's in one list."""
    return msgspec.json.encode(
        {"inputs": [{**_describe(name, array), "data": _elements(array)} for name, array in inputs.items()]}
    )


def binary_body(inputs: Arrays) -> tuple[bytes, int]:
    """Return a request with the tensors as bytes, answered in bytes too; and how long its JSON is."""
    described = [
        {**_describe(name, array), "parameters": {"binary_data_size": array.nbytes}}
        for name, array in inputs.items()
    ]
    head = msgspec.json.encode({"inputs": described, "parameters": {"binary_data_output": True}})
    return head + b"".join(np.ascontiguousarray(array).tobytes() for array in inputs.values()), len(head)


def read_json(content: bytes, output: str) -> list[float]:
    """Return the elements of one output of an answer in JSON."""
    answer = msgspec.json.decode(content)
    found = next(one for one in answer["outputs"] if one["name"] == output)
    return [float(element) for element in found["data"]]


def read_binary(content: bytes, json_bytes: int, output: str) -> list[float]:
    """Return the elements of one output of an answer whose tensors are bytes behind the JSON."""
    dtypes = {datatype: np.dtype(name) for name, datatype in DATATYPES.items()}
    place = json_bytes
    for one in msgspec.json.decode(content[:json_bytes])["outputs"]:
        size = int(one["parameters"]["binary_data_size"])
        if one["name"] == output:
            dtype = dtypes.get(one["datatype"], np.dtype("float64"))
            return [float(element) for element in np.frombuffer(content[place : place + size], dtype)]
        place += size
    raise ValueError(f"The answer has no output {output!r}.")


def _describe(name: str, array: NDArray[Any]) -> dict[str, Any]:
    return {"name": name, "shape": list(array.shape), "datatype": DATATYPES[str(array.dtype)]}


def _elements(array: NDArray[Any]) -> list[float | int]:
    if array.dtype == np.float32:
        return shortest(array)
    elements: list[float | int] = array.ravel().tolist()
    return elements


def shortest(array: NDArray[np.float32]) -> list[float | int]:
    """Return the elements as numbers with so few digits that they are still the same as float32."""
    return [float(str(element)) for element in array.ravel()]
