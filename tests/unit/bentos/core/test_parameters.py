"""What handlers are given of a path, a query and headers."""

from typing import Annotated, Any

import pytest
from msgspec import Meta

from bentos.core.errors import InvalidFields, UnknownResource
from bentos.core.parameters import read_headers, read_path, read_query

Small = Annotated[int, Meta(ge=1, le=9)]


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
