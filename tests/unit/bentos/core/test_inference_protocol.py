"""Requests for inference are answered alike on the short way and on the long one."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bentos.core.gateway import Gateway
from tests.support import both_ways
from tests.support.leaves_in_tensors import in_bytes, leaves, tensor
from tests.support.tiny.definition import FAULTY_HEIGHT, FORBIDDEN_HEIGHT

INFER = "/v2/models/tiny/infer"


def of_protocol(document: Any, *lines: str, target: str = INFER) -> bytes:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return both_ways.request(body, *lines, target=target)


def in_bytes_of_protocol(document: Mapping[str, Any]) -> bytes:
    body, headers = in_bytes(document)
    return of_protocol(body, *(f"{name}: {value}" for name, value in headers.items()))


WITH_BYTES = {"parameters": {"binary_data_output": True}}
REQUESTS = {
    "a row": of_protocol(leaves()),
    "an id": of_protocol({"id": "42", **leaves()}),
    "a version": of_protocol(leaves(), target="/v2/models/tiny/versions/7/infer"),
    "an output": of_protocol({**leaves(), "outputs": [{"name": "oak"}]}),
    "some rows": of_protocol(leaves(3)),
    "rows for a worker": of_protocol(leaves(20)),
    "bytes": in_bytes_of_protocol(leaves()),
    "an answer in bytes": of_protocol({**leaves(), **WITH_BYTES}),
    "no JSON": of_protocol(b"{"),
    "no inputs": of_protocol({"inputs": []}),
    "a wrong shape": of_protocol({"inputs": [tensor("height", [[1.0]]), tensor("width", [1.0])]}),
    "a wrong value": of_protocol(leaves(first=FORBIDDEN_HEIGHT)),
    "a fault of ours": of_protocol(leaves(first=FAULTY_HEIGHT)),
    "another model": of_protocol(leaves(), target="/v2/models/other/infer"),
    "no Content-Type, from a page": of_protocol(leaves(), "Origin: http://a"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_both_ways_answer_alike(speaking: Gateway, name: str) -> None:
    sent = [REQUESTS[name] + both_ways.END]
    short = both_ways.answers(speaking, sent, shortly=True)
    assert short == both_ways.answers(speaking, sent, shortly=False)
    assert short.count(b"HTTP/1.1 ") == 2


@pytest.mark.parametrize(
    "names", [["a row", "an id", "a version"] * 8, [*REQUESTS] * 2], ids=["all good", "all kinds"]
)
def test_requests_of_one_round_are_answered_like_others(speaking: Gateway, names: list[str]) -> None:
    sent = [REQUESTS[name] for name in names]
    short = both_ways.answers_of_one_round(speaking, sent, True)
    assert short == both_ways.answers_of_one_round(speaking, sent, False)
