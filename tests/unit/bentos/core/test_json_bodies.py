"""What a request must look like before a handler sees it."""

import asyncio

import pytest

from bentos.core.errors import UnsupportedMediaType
from bentos.core.json_bodies import read_json
from tests.support.exchanges import exchange, part


def read(content: bytes, headers: dict[str, str]) -> bytes:
    return asyncio.run(read_json(exchange([part(content)], headers), 100))


@pytest.mark.parametrize(
    "declared",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON ; charset=UTF-8",
        'application/json;charset="utf-8";',
        "application/json; charset=us-ascii; version=1",
    ],
)
def test_json_may_be_declared_in_many_ways(declared: str) -> None:
    assert read(b"{}", {"content-type": declared}) == b"{}"


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("text/plain", "Content-Type 'text/plain' is not application/json"),
        ("", "Content-Type '' is not application/json"),
        ("application/jsonp", "is not application/json"),
        ("application/problem+json", "is not application/json"),
        ("multipart/form-data; boundary=x", "is not application/json"),
        ("application/json; charset=utf-16", "JSON is UTF-8, not 'utf-16'"),
        ("x" * 5000, "Content-Type '" + "x" * 100 + "' is not"),
    ],
)
def test_anything_else_is_refused_before_it_is_read(declared: str, words: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=words.replace("(", r"\(")):
        asyncio.run(read_json(exchange([], {"content-type": declared}), 100))


def test_undeclared_body_is_refused_and_undeclared_nothing_is_nothing() -> None:
    with pytest.raises(UnsupportedMediaType, match="has a body but no Content-Type"):
        read(b"{}", {})
    assert read(b"", {}) == b""


def test_compressed_body_is_refused() -> None:
    with pytest.raises(UnsupportedMediaType, match="send it without Content-Encoding"):
        read(b"\x1f\x8b", {"content-type": "application/json", "content-encoding": "gzip"})
    assert read(b"{}", {"content-type": "application/json", "content-encoding": "identity"}) == b"{}"
