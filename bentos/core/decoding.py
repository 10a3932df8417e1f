"""From the bytes of a body to the typed request, or to a refusal that names every bad field."""

import functools
from typing import Any

import msgspec

from bentos.core.errors import InvalidFields, MalformedBody, RequestError
from bentos.core.field_errors import field_errors, parse_message

MOST_LEVELS = 32
"""Arrays and objects may hold each other this deep. No contract comes near it."""

_OPENING, _CLOSING, _QUOTE = b"[{", b"]}", b'"'
_TO_BRACES = bytes.maketrans(_OPENING + _CLOSING, b"{{}}")
_PLAIN_BYTES = bytes(byte for byte in range(256) if byte not in _OPENING + _CLOSING + _QUOTE)


class BodyDecoder:
    """Decodes bodies of one type. msgspec decides; only a refusal costs more than that."""

    def __init__(self, body_type: Any) -> None:
        self._type = body_type
        self._decode = msgspec.json.Decoder(body_type).decode

    def __call__(self, body: bytes) -> Any:
        """Return the request. Raises MalformedBody (not JSON) or InvalidFields (JSON, but not of this
        type)."""
        if body.count(b"[") + body.count(b"{") > MOST_LEVELS and nests_deeper_than(body, MOST_LEVELS):
            raise MalformedBody(f"Arrays and objects are nested more than {MOST_LEVELS} levels deep.")
        try:
            return self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._refusal(body, error) from None

    def _refusal(self, body: bytes, error: Exception) -> RequestError:
        if not body.strip():
            return MalformedBody("The body is empty.")
        try:
            value = msgspec.json.decode(body)
        except msgspec.ValidationError:
            # A number that no float can hold: JSON, but nothing to look through.
            return InvalidFields((parse_message(str(error), ""),))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as malformed:
            return MalformedBody(f"{malformed}.")
        return InvalidFields(field_errors(value, self._type, str(error)))


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
