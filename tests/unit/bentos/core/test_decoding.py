"""What counts as JSON, and what counts as the right JSON."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.inspect import type_info

from bentos.core.decoding import MOST_LEVELS, BodyDecoder, bounds_nesting, find_rows, nests_deeper_than
from bentos.core.errors import InvalidFields, MalformedBody, RequestError
from tests.support.tiny.api import Leaf, Leaves


class Anything(msgspec.Struct):
    """A body that holds whatever it is given."""

    content: Any


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def nested(levels: int, inner: str = "1") -> bytes:
    half = levels // 2
    return ("[" * half + '{"a":' * (levels - half) + inner + "}" * (levels - half) + "]" * half).encode()


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n\t",
        b"{",
        b"nonsense",
        b'{"height": NaN, "width": 1}',
        b'{"height": Infinity, "width": 1}',
        b'{"height": -Infinity, "width": 1}',
        b'{"height": 1, "width": 1} {}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"height": 1, "width": 1, "tags": ["\xff"]}',
        b'{"height": 1, "width": 1, "tags": ["\\ud800"]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        nested(MOST_LEVELS + 1),
    ],
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        BodyDecoder(Leaf)(body)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"null", ["body"]),
        (b"[]", ["body"]),
        (b"{}", ["height", "width"]),
        (b'{"height": "1", "width": true}', ["height", "width"]),
        (b'{"height": 1e999, "width": 1}', ["height"]),
        (b'{"height": -0.001, "width": 100.5}', ["height", "width"]),
        (b'{"height": 1, "width": 1, "colour": "red", "smell": 1}', ["colour", "smell"]),
        (b'{"height": 1, "width": 1, "tags": ["a", "b", "c", "d"]}', ["tags"]),
        (b'{"height": 1, "width": 1, "tags": ["a", 2]}', ["tags[1]"]),
        (nested(MOST_LEVELS), ["body"]),
    ],
)
def test_json_of_another_shape_names_every_bad_field(body: bytes, fields: list[str]) -> None:
    with pytest.raises(InvalidFields) as refusal:
        BodyDecoder(Leaf)(body)
    assert [error.field for error in refusal.value.errors] == fields


def test_right_json_is_decoded() -> None:
    assert BodyDecoder(Leaf)(b' {"width": 2, "height": 1.5} ') == Leaf(1.5, 2.0)


def test_nesting_is_bounded_where_the_type_does_not() -> None:
    decode = BodyDecoder(Anything)
    allowed = json.dumps({"content": json.loads(nested(MOST_LEVELS - 1))}).encode()
    assert depth(decode(allowed).content) == MOST_LEVELS - 1
    with pytest.raises(MalformedBody, match="nested more than 32"):
        decode(json.dumps({"content": json.loads(nested(MOST_LEVELS))}).encode())


@pytest.mark.parametrize("member", [b'"more": "\xff"', b'"\xed\xa0\x80": 1', b'"more": {"\xc0": []}'])
def test_member_that_nobody_knows_is_text_all_the_same(member: bytes) -> None:
    with pytest.raises(MalformedBody, match="not UTF-8"):
        BodyDecoder(Anything)(b'{"content": 1, ' + member + b"}")
    assert BodyDecoder(Anything)(b'{"content": 1, "more": "\xc3\xa9"}') == Anything(1)


def test_many_flat_objects_are_not_deep() -> None:
    assert not nests_deeper_than(json.dumps([{"a": [1]}] * 1000).encode(), 3)


@pytest.mark.parametrize("text", ["[" * 50, '\\"[' * 50, "\\\\", '["]' * 20, "]" * 50 + "[" * 50])
def test_brackets_in_strings_are_not_levels(text: str) -> None:
    assert not nests_deeper_than(json.dumps([text, [text]]).encode(), 2)
    assert nests_deeper_than(json.dumps([text, [text, [text]]]).encode(), 2)


class Open(msgspec.Struct):
    """A body that may hold fields that nobody knows."""

    number: int = 0


class Chain(msgspec.Struct, forbid_unknown_fields=True):
    """A body that may hold itself."""

    next: "Chain | None" = None


@pytest.mark.parametrize("kind", [Open, Chain, Anything, dict[str, int], Any, list[Any], tuple[Any, int]])
def test_types_that_do_not_bound_nesting_are_known(kind: Any) -> None:
    assert not bounds_nesting(type_info(kind))
    key = "next" if kind is Chain else "unknown"
    with pytest.raises(MalformedBody, match="nested more than 32"):
        BodyDecoder(kind)(b'{"%b":' % key.encode() * 33 + b"null" + b"}" * 33)


@pytest.mark.parametrize("kind", [Leaf, Leaves, int, list[list[int]], tuple[Leaf, int], Leaf | None])
def test_types_that_bound_nesting_are_known(kind: Any) -> None:
    assert bounds_nesting(type_info(kind))


@given(JSON_VALUES, st.integers(0, 6))
def test_depth_is_judged_as_a_walk_through_the_values_does(value: Any, levels: int) -> None:
    assert nests_deeper_than(json.dumps(value).encode(), levels) == (depth(value) > levels)


@given(st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_body_whatsoever_is_a_fault_of_ours(body: bytes) -> None:
    for kind in (Leaf, Leaves, Anything):
        status = 200
        try:
            assert isinstance(BodyDecoder(kind)(body), kind)
        except RequestError as refusal:
            status = refusal.status
        assert status in (200, 400, 422)


LEAVES_OF_ANY_KIND = st.fixed_dictionaries(
    {},
    optional={
        "height": JSON_VALUES | st.floats(0, 100),
        "width": JSON_VALUES | st.floats(0, 100),
        "tags": st.lists(JSON_VALUES, max_size=4),
        "more": JSON_VALUES,
    },
)


@given(st.lists(LEAVES_OF_ANY_KIND, max_size=5))
def test_refusals_name_only_fields_that_are_bad(leaves: list[dict[str, Any]]) -> None:
    """Checked row by row against the decoder itself: a row is named exactly if the decoder refuses it
    alone."""
    body = json.dumps({"leaves": leaves}).encode()
    bad = {index for index, leaf in enumerate(leaves) if not _is_leaf(leaf)}
    try:
        BodyDecoder(Leaves)(body)
    except InvalidFields as refusal:
        named = {error.field.partition(".")[0] for error in refusal.errors}
        expected = {f"leaves[{index}]" for index in bad} | (set() if leaves else {"leaves"})
        assert named == expected
    else:
        assert leaves
        assert not bad


def _is_leaf(leaf: dict[str, Any]) -> bool:
    try:
        msgspec.json.decode(json.dumps(leaf), type=Leaf)
    except msgspec.ValidationError:
        return False
    return True


GOOD_LEAVES = [{"height": 1.5, "width": 2}, {"width": 3, "height": 0, "tags": ["a", "é"]}]


@pytest.mark.parametrize(
    "document",
    [
        {"leaves": GOOD_LEAVES},
        {"leaves": []},
        {"leaves": GOOD_LEAVES[:1] * 5_001},
        {"leaves": [*GOOD_LEAVES, {"height": "high", "width": 1}]},
        {"leaves": [*GOOD_LEAVES, {"height": 1}]},
        {"leaves": [*GOOD_LEAVES, 7]},
        {"leaves": GOOD_LEAVES, "more": 1},
        {"leaves": 7},
        {},
        [],
    ],
)
def test_rows_are_decoded_in_pieces_as_they_are_at_once(document: Any) -> None:
    assert_decoded_alike(json.dumps(document, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"leaves": [{"height": 1, "width": 1}',
        b'{"leaves": [{"height": 1, "width": 1},]}',
        b'{"leaves": [{"height": 1, "width": 1, "tags": ["\xff"]}]}',
        b'{"leaves": [{"height": NaN, "width": 1}]}',
        b'{"leaves": [{"height": 1, "height": 2, "width": 1}]}',
        b'{"leaves": [], "leaves": [{"height": 1, "width": 1}]} ',
        b'{"leaves": ' + b"[" * 100_000,
    ],
)
def test_broken_rows_are_refused_in_pieces_as_they_are_at_once(body: bytes) -> None:
    assert_decoded_alike(body)


@given(JSON_VALUES)
def test_no_rows_are_read_otherwise_in_pieces(value: Any) -> None:
    assert_decoded_alike(json.dumps({"leaves": value}).encode())


def test_only_lists_of_rows_are_decoded_in_pieces() -> None:
    assert find_rows(Leaves) is not None
    assert [find_rows(other) for other in (Leaf, Anything, list[Leaf], int)] == [None] * 4


def assert_decoded_alike(body: bytes) -> None:
    found: list[Any] = []
    for decode in (BodyDecoder(Leaves), BodyDecoder(Leaves).in_pieces):
        try:
            found.append(decode(body))
        except RequestError as error:
            found.append((type(error), error.detail, getattr(error, "errors", None)))
    assert found[0] == found[1]
