"""From the bytes of a body to the typed request, or to a refusal that names every bad field."""

import contextlib
import functools
from typing import Annotated, Any

import msgspec
from msgspec.inspect import (
    AnyType,
    CollectionType,
    CustomType,
    DictType,
    Field,
    ListType,
    RawType,
    StructType,
    TupleType,
    Type,
    UnionType,
    type_info,
)

from bentos.core.errors import InvalidFields, MalformedBody, RequestError
from bentos.core.field_errors import field_errors, parse_message

MOST_LEVELS = 32
"""Arrays and objects may hold each other this deep. No contract comes near it."""

_OPENING, _CLOSING, _QUOTE = b"[{", b"]}", b'"'
_TO_BRACES = bytes.maketrans(_OPENING + _CLOSING, b"{{}}")
_PLAIN_BYTES = bytes(byte for byte in range(256) if byte not in _OPENING + _CLOSING + _QUOTE)


class BodyDecoder:
    """Decodes bodies of one type. msgspec decides; only a refusal costs more than that.

    What a type bounds by itself is not looked through for its depth, unless it is refused. Other types may
    let members pass that they don't know; msgspec skips these without a look at their characters.
    """

    def __init__(self, body_type: Any) -> None:
        self._type = body_type
        self._decode = msgspec.json.Decoder(body_type).decode
        self._may_be_deep = not bounds_nesting(type_info(body_type))
        self._rows = None if self._may_be_deep else find_rows(body_type)

    def __call__(self, body: bytes) -> Any:
        """Return the request. Raises MalformedBody (not JSON) or InvalidFields (JSON, but not of this
        type)."""
        if self._may_be_deep:
            _refuse_depth(body)
            _refuse_other_text(body)
        try:
            return self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._refusal(body, error) from None

    def in_pieces(self, body: bytes) -> Any:
        """Return and raise what a call does, in many short steps if the request is a list of rows: msgspec
        keeps the interpreter for the whole of each, and other threads want their turn."""
        if self._rows is not None:
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return self._rows.decode(body)
        return self(body)

    def _refusal(self, body: bytes, error: Exception) -> RequestError:
        if not body.strip():
            return MalformedBody("The body is empty.")
        _refuse_depth(body)
        try:
            value = msgspec.json.decode(body)
        except msgspec.ValidationError:
            # A number that no float can hold: JSON, but nothing to look through.
            return InvalidFields((parse_message(str(error), ""),))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as malformed:
            return MalformedBody(f"{malformed}.")
        return InvalidFields(field_errors(value, self._type, str(error)))


class Rows:
    """Decodes a type that is nothing but a list of rows, one row after the other."""

    def __init__(self, body_type: type[msgspec.Struct], name: str, rows: ListType, row: StructType) -> None:
        lengths = msgspec.Meta(min_length=rows.min_length, max_length=rows.max_length)
        raw_rows = Annotated[list[msgspec.Raw], lengths]
        self._type = body_type
        self._name = name
        self._decode = msgspec.json.Decoder(
            msgspec.defstruct("RawRows", [(name, raw_rows)], forbid_unknown_fields=True)
        ).decode
        self._decode_row = msgspec.json.Decoder(row.cls).decode

    def decode(self, body: bytes) -> Any:
        """Return the request. Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError, not all with
        the words of the whole type."""
        decode_row = self._decode_row
        rows = [decode_row(raw) for raw in getattr(self._decode(body), self._name)]
        return self._type(**{self._name: rows})


def find_rows(body_type: Any) -> Rows | None:
    """Return what decodes a type in pieces; None if it is not a struct of one field, a list of structs, that
    forbids others."""
    match type_info(body_type):
        case StructType(
            cls=cls,
            fields=(Field(type=ListType(item_type=StructType() as row) as rows) as field,),
            forbid_unknown_fields=True,
        ) if field.required and field.name == field.encode_name:
            return Rows(cls, field.name, rows, row)
        case _:
            return None


def bounds_nesting(info: Type, within: tuple[type, ...] = ()) -> bool:
    """Return whether no value of this type can hold others more than a fixed number of levels deep."""
    match info:
        case AnyType() | DictType() | CustomType() | RawType():
            return False
        case StructType(cls=cls, fields=fields, forbid_unknown_fields=closed):
            inner = [field.type for field in fields]
            return closed and cls not in within and all(bounds_nesting(one, (*within, cls)) for one in inner)
        case CollectionType(item_type=item):
            return bounds_nesting(item, within)
        case UnionType(types=types) | TupleType(item_types=types):
            return all(bounds_nesting(one, within) for one in types)
        case _:
            return not hasattr(info, "fields")


def _refuse_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") > MOST_LEVELS and nests_deeper_than(body, MOST_LEVELS):
        raise MalformedBody(f"Arrays and objects are nested more than {MOST_LEVELS} levels deep.")


def _refuse_other_text(body: bytes) -> None:
    if body.isascii():
        return
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"It is not UTF-8: {error.reason} (byte {error.start}).") from None


def nests_deeper_than(body: bytes, levels: int) -> bool:
    """Return whether arrays and objects in this JSON text hold each other more than `levels` deep.

    Strings are taken out and brackets are made alike; then each round removes the innermost level everywhere.
    What is left after `levels` rounds was deeper (or is not JSON: unclosed brackets count, if they are as
    many).
    """
    text = functools.reduce(lambda left, escape: left.replace(escape, b""), (b"\\\\", b'\\"'), body)
    brackets = b"".join(text.translate(_TO_BRACES, _PLAIN_BYTES).split(_QUOTE)[::2])
    for _ in range(levels):
        brackets = brackets.replace(b"{}", b"")
    return b"{}" in brackets or brackets.count(b"{") > levels
