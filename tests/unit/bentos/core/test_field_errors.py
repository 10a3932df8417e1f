"""How bad fields are found and called."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from bentos.core.errors import MOST_NAMED, FieldError
from bentos.core.field_errors import field_errors, parse_message


class Inner(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A struct whose fields are called otherwise in JSON, with a rule about both."""

    first_one: int
    second_one: int = 0

    def __post_init__(self) -> None:
        if self.first_one == self.second_one:
            raise ValueError("the two must differ")


class Outer(msgspec.Struct):
    """Structs in all the places where they can be."""

    one: Inner
    maybe: Inner | None = None
    several: Annotated[list[Inner], Meta(max_length=3)] | None = None
    named: dict[str, int] = {}
    either: int | str = 0


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ({}, ["one"]),
        ({"one": {}}, ["one.firstOne"]),
        ({"one": {"firstOne": 1, "third": 2}}, ["one.third"]),
        ({"one": {"firstOne": 0}}, ["one"]),
        ({"one": None, "maybe": 3, "either": 1.5}, ["one", "maybe", "either"]),
        ({"one": {"firstOne": 1}, "maybe": {"firstOne": "x"}}, ["maybe.firstOne"]),
        (
            {"one": {"firstOne": 1}, "several": [{"firstOne": 1}, {}, 3]},
            ["several[1].firstOne", "several[2]"],
        ),
        ({"one": {"firstOne": 1}, "several": [{"firstOne": 1}] * 4}, ["several"]),
        ({"one": {"firstOne": 1}, "named": {"a": 1, "b": "x"}}, ["named[...]"]),
        ([], ["body"]),
    ],
)
def test_bad_fields_are_named_by_their_path(value: Any, fields: list[str]) -> None:
    assert [error.field for error in field_errors(value, Outer)] == fields


def test_field_without_a_name_is_named_all_the_same() -> None:
    (error,) = field_errors({"firstOne": 1, "": 2}, Inner)
    assert error.field == '""'


def test_messages_say_what_was_expected() -> None:
    unknown, missing = field_errors({"secondOne": 1, "x": 1}, Inner)[::-1]
    assert missing == FieldError("firstOne", "This field is required")
    assert unknown == FieldError("x", "There is no such field; known are: firstOne, secondOne")


def test_number_of_errors_is_bounded() -> None:
    assert len(field_errors({"one": {"firstOne": 1}, "several": [{}] * 1000}, Outer)) == MOST_NAMED


def test_decoders_own_message_is_the_last_resort() -> None:
    assert field_errors({"one": {"firstOne": 1}}, Outer, "Out of range - at `$.one`") == (
        FieldError("one", "Out of range"),
    )


@pytest.mark.parametrize(
    ("message", "path", "expected"),
    [
        ("Expected `int` >= 1 - at `$.a[3].b`", "", FieldError("a[3].b", "Expected `int` >= 1")),
        ("Expected `int` >= 1 - at `$[0]`", "a", FieldError("a[0]", "Expected `int` >= 1")),
        ("Expected `object`, got `array`", "", FieldError("body", "Expected `object`, got `array`")),
    ],
)
def test_messages_of_the_decoder_are_taken_apart(message: str, path: str, expected: FieldError) -> None:
    assert parse_message(message, path) == expected


def test_long_names_of_a_caller_are_cut() -> None:
    (error,) = field_errors({"one": {"firstOne": 1, "a" * 60_000: 1}}, Outer)
    assert error.field.startswith("one.aaa")
    assert len(error.field) < 200


class Later(msgspec.Struct):
    """A struct with a part that is read later."""

    now: int
    later: msgspec.Raw


def test_what_is_read_later_is_not_judged() -> None:
    assert [error.field for error in field_errors({"now": "x", "later": [1]}, Later)] == ["now"]
