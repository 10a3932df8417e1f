"""Leaves for the tiny service, as the Open Inference Protocol has them."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

LENGTH = "inference-header-content-length"
OCTETS = {"content-type": "application/octet-stream"}


def tensor(name: str, data: Any, datatype: str = "FP32") -> dict[str, Any]:
    return {"name": name, "shape": list(np.shape(data)), "datatype": datatype, "data": data}


def leaves(count: int = 1, first: float = 12.5) -> dict[str, Any]:
    heights = [first, *(float(row % 50) for row in range(1, count))]
    return {"inputs": [tensor("height", heights), tensor("width", [3.5] * count)]}


def in_bytes(document: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """The same request with all inputs in bytes: the body and its headers."""
    arrays = [np.array(one["data"], dtype="<f4") for one in document["inputs"]]
    inputs = [
        {
            "name": one["name"],
            "shape": one["shape"],
            "datatype": "FP32",
            "parameters": {"binary_data_size": array.nbytes},
        }
        for one, array in zip(document["inputs"], arrays, strict=True)
    ]
    head = json.dumps({**document, "inputs": inputs}).encode()
    return head + b"".join(array.tobytes() for array in arrays), {**OCTETS, LENGTH: str(len(head))}
