"""New inputs out of old ones: bytes changed, words mixed in, and JSON changed as JSON."""

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

LONGEST_BYTES = 16_384
MOST_CHANGES = 6

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_NUMBERS = (
    *(b"0", b"-0", b"1", b"-1", b"2", b"4", b"5", b"25.0", b"1e3", b"1e-400", b"1e999", b"0.1", b"20000"),
    *(b"20001", b"255", b"256", b"32767", b"-32769", b"65504", b"65520", b"3.5e38", b"2147483648"),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"-9223372036854775809"),
    *(b"9" * 400, b"01", b"+1", b".5", b"1.", b"NaN", b"-Infinity"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 25, 6, 2**63, -(2**63) - 1, 2**64, 0.5, -0.0, 1e308, "", "a", "25"),
    *("\x00", "\ud83c\udf71", "é" * 40, [], {}, [[]], [None], {"": {}}, [0] * 70, "x" * 300),
)
_WORDS = (
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\udc00", b"\\u0000", b"\\", b'"'),
    *(b"[" * 40, b"]" * 40, b'{"a":' * 40, b"{}", b"[]", b",", b":", b"null", b" ", b"\t\r\n", b"\xc2\xa0"),
)

Change = Callable[["Dice", bytes, Sequence[bytes]], bytes]


class Dice(Random):
    """Chance that comes out the same for the same seed; nothing that is drawn is a secret."""


def mutate(random: Dice, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Return a changed copy of `data`; pieces of `others` and `words` may be in it."""
    changed = _change_json(random, data, words) if random.random() < 0.5 else data
    # What is still JSON gets further into a parser.
    count = random.choice((0, 0, 1)) if changed != data else random.randrange(1, MOST_CHANGES)
    data = changed
    for _ in range(count):
        change = random.choice(_CHANGES)
        data = change(random, data, others if change is _splice else (*words, *_WORDS))
    return data[:LONGEST_BYTES]


def _flip(random: Dice, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return bytes([random.randrange(256)])
    place = random.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << random.randrange(8))]) + data[place + 1 :]


def _insert(random: Dice, data: bytes, words: Sequence[bytes]) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice(words) + data[place:]


def _overwrite(random: Dice, data: bytes, words: Sequence[bytes]) -> bytes:
    place = random.randrange(len(data) + 1)
    word = random.choice(words)
    return data[:place] + word + data[place + len(word) :]


def _cut(random: Dice, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _slice(random, data)
    return data[:start] + data[end:]


def _repeat(random: Dice, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _slice(random, data)
    return data[:end] + data[start:end] * random.choice((1, 2, 50)) + data[end:]


def _number(random: Dice, data: bytes, _: Sequence[bytes]) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    one = random.choice(found)
    return data[: one.start()] + random.choice(_NUMBERS) + data[one.end() :]


def _splice(random: Dice, data: bytes, others: Sequence[bytes]) -> bytes:
    other = random.choice(others)
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


_CHANGES: tuple[Change, ...] = (_flip, _insert, _overwrite, _cut, _repeat, _number, _splice)


def _slice(random: Dice, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 2, 8, 64)))


def _change_json(random: Dice, data: bytes, words: Sequence[bytes]) -> bytes:
    """Return the document in `data` with one value or name changed, or `data` if it holds none. What is
    around the document, such as bytes behind it, stays."""
    start = min((place for place in map(data.find, (b"{", b"[")) if place >= 0), default=0)
    try:
        text = data[start:].decode("latin-1")
        document, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return data
    changed = _change_value(random, document, [word.decode("latin-1") for word in words])
    encoded = json.dumps(changed, ensure_ascii=random.random() < 0.5)
    return data[:start] + encoded.encode("utf-8", "surrogatepass") + data[start + end :]


def _change_value(random: Dice, value: Any, words: Sequence[str]) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(list(value))
        if random.random() < 0.15:
            return {other: one for other, one in value.items() if other != name}
        if random.random() < 0.1:
            return {**value, random.choice((*words, "x")): value[name]}
        return {**value, name: _change_value(random, value[name], words)}
    if isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        if random.random() < 0.2:
            return value + value[place : place + 1] * random.choice((1, 3))
        return [*value[:place], _change_value(random, value[place], words), *value[place + 1 :]]
    return random.choice((*_VALUES, *words))
