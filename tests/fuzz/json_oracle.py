"""JSON read a second way, by the standard library, to compare with."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

MOST_DIGITS = 300
"""Of a whole number that both sides read as one; longer ones are beyond every range that is asked for."""
MOST_LEVELS = 32
"""Arrays and objects hold each other this deep at most (`bentos.core.decoding`)."""


class NotJson(ValueError):
    """The bytes are not one JSON document in UTF-8, or one that is nested too deep."""


class Pairs(list[tuple[str, Any]]):
    """An object with all its members, the repeated ones too."""

    def last(self) -> dict[str, Any]:
        """Return the members by name; of repeated ones the last."""
        return dict(self)


def parse(body: bytes) -> Any:
    """Return the document, objects as `Pairs`. Raises NotJson."""
    try:
        value = json.loads(
            body.decode(),
            parse_constant=_refuse_constant,
            parse_int=lambda digits: int(digits) if len(digits) < MOST_DIGITS else float("inf"),
            object_pairs_hook=Pairs,
        )
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    if depth(value) > MOST_LEVELS:
        raise NotJson("too deep")
    if any(not text.isascii() and _has_surrogate(text) for text in texts(value)):
        raise NotJson("half a surrogate pair")
    return value


def has_endless_number(value: Any) -> bool:
    """Return whether a number in the document is beyond all floats: msgspec reads no further than there."""
    return any(isinstance(one, float) and one in (float("inf"), float("-inf")) for one in walk(value))


def walk(value: Any) -> Iterator[Any]:
    """Yield the document and everything in it, names too."""
    yield value
    if isinstance(value, list):
        for one in value:
            yield from walk(one)
    elif isinstance(value, tuple):
        yield value[0]
        yield from walk(value[1])


def texts(value: Any) -> Iterator[str]:
    """Yield every string in the document, names too."""
    return (one for one in walk(value) if isinstance(one, str))


def depth(value: Any) -> int:
    """Return how many arrays and objects hold each other at the deepest place."""
    if isinstance(value, tuple):
        return depth(value[1])
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is no JSON")
