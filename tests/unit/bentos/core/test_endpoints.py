"""What a request must look like before a handler sees it."""

import asyncio
from typing import Annotated, Any

import pytest
from msgspec import Meta

from bentos.core.endpoints import read_headers, read_json, read_path, read_query
from bentos.core.errors import InvalidFields, UnknownResource, UnsupportedMediaType
from tests.support.exchanges import exchange, part

Small = Annotated[int, Meta(ge=1, le=9)]


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


def test_path_is_read_in_its_type() -> None:
    assert read_path({"id": "25"}, {"id": int}) == {"id": 25}
    assert read_path({"name": "25"}, {}) == {"name": "25"}


@pytest.mark.parametrize("value", ["x", "2.5", "25.0", "2e1", "-0", "", "0x10", "1_000", "٣", "9" * 400, "-"])
def test_path_of_another_type_is_unknown(value: str) -> None:
    with pytest.raises(UnknownResource, match="id in the path is"):
        read_path({"id": value}, {"id": Small})


@pytest.mark.parametrize(
    ("query", "expected"),
    [(b"", {}), (b"limit=3", {"limit": 3}), (b"limit=3&name=a%20b", {"limit": 3, "name": "a b"})],
)
def test_query_is_read_in_its_types(query: bytes, expected: dict[str, Any]) -> None:
    assert read_query(query, {"limit": Small, "name": str}) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (b"limit=0", "Expected `int` >= 1"),
        (b"limit=", "Expected `int`, got `str`"),
        (b"limit=1e0", "Expected `int`"),
        (b"limit=1.0", "Expected `int`"),
        (b"limit=1&limit=2", "This parameter is given more than once"),
        (b"Limit=1", "There is no such parameter; known are: limit"),
        (b"\xff=1", "There is no such parameter; known are: limit"),
    ],
)
def test_bad_query_names_the_parameter(query: bytes, message: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        read_query(query, {"limit": Small})
    assert [error.message for error in refusal.value.errors] == [message]


def test_names_in_a_bad_query_are_told_in_short_and_never_empty() -> None:
    with pytest.raises(InvalidFields) as refusal:
        read_query(b"=1&" + b"x" * 500 + b"=1", {})
    assert [error.field for error in refusal.value.errors] == ['""', "x" * 100]


def test_headers_are_text_under_the_names_that_the_handler_knows() -> None:
    wanted = {"accept-language": "language", "x-mood": "mood"}
    assert read_headers({b"accept-language": b"fr\xe9", b"cookie": b"x"}, wanted) == {
        "language": "fr\xe9",
        "mood": None,
    }
