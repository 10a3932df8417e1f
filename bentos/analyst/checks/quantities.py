"""Every number in a text, in digits or in words, with what it counts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bentos.analyst.checks.number_words import find_number_words
from bentos.analyst.wording import Language

Kind = Literal["percent", "price", "closes", "span", "missing", "bare"]

DIGITS = {
    "en": re.compile(r"\d(?:\d|[.,'](?=\d))*"),
    "fr": re.compile(r"\d(?:\d|[.,'](?=\d)| (?=\d{3}(?!\d)))*"),
}
WELL_FORMED = {
    "en": re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<decimals>\d+))?"),
    "fr": re.compile(r"(?:\d{1,3}(?: \d{3})+|\d+)(?:,(?P<decimals>\d+))?"),
}
SIGN = re.compile(r"(?<![\w.,])([+-]) ?(?:us)?\$?$")
DOLLAR_BEFORE = re.compile(r"(?:us)?\$ ?$")
PERCENT = re.compile(r" ?%|[ -](?:percent|per cent|pour cent|pourcent)\b")
SCALE = re.compile(r" ?(k)\b|[ -](thousand|mille|million|millions|billion|milliard|milliards)\b")
SCALES = {"k": 1e3, "thousand": 1e3, "mille": 1e3, "million": 1e6, "millions": 1e6} | {
    "billion": 1e9,
    "milliard": 1e9,
    "milliards": 1e9,
}
DOLLAR = re.compile(r" ?(?:us ?)?\$(?:us)?|[ -](?:us |de )?(?:dollars?|usd)\b")
BETWEEN = (
    r"[ -](?:(?:last|latest|past|previous|most recent|recent|hourly|daily|of"
    r"|dernières|derniers|précédentes|précédents) )*"
)
CLOSES = re.compile(BETWEEN + r"(?:closes|closing prices|clôtures|cours de clôture)\b")
SPAN = re.compile(
    BETWEEN
    + r"(?P<unit>minutes?|hours?|days?|weeks?|heures?|jours?|journées?|semaines?)\b| ?(?P<short>[hj])\b"
)
MISSING = re.compile(BETWEEN + r"(?:missing|absent|manquante?s?|absente?s?)\b")
SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "j": 86_400, "w": 604_800, "s": 604_800}
"""By the first letter of a unit; in French, `s` begins `semaine`."""


@dataclass(frozen=True)
class Quantity:
    """One number: `value` in its unit (a span's in seconds), and `step`, the value of its last written digit.
    `sign` is written before it, or is empty. It stands from `start` to `end`, with its unit."""

    written: str
    kind: Kind
    value: float
    step: float
    sign: str
    start: int
    end: int


class Unreadable(ValueError):
    """A number is not written as the language writes numbers."""


def find_quantities(text: str, language: Language) -> list[Quantity]:
    """Return every number of a text in lower case. Raises Unreadable for one of another language."""
    found = [*_in_digits(text, language), *_in_words(text, language)]
    return sorted(found, key=lambda quantity: quantity.start)


def _in_digits(text: str, language: Language) -> Iterator[Quantity]:
    for match in DIGITS[language].finditer(text):
        formed = WELL_FORMED[language].fullmatch(match.group())
        if not formed or (match.start() and text[match.start() - 1].isalpha()):
            raise Unreadable(match.group())
        decimals = len(formed["decimals"] or "")
        plain = match.group().replace(" ", "")
        plain = plain.replace(",", "") if language == "en" else plain.replace(",", ".")
        yield _quantity(text, match.start(), match.end(), float(plain), 10.0**-decimals)


def _in_words(text: str, language: Language) -> Iterator[Quantity]:
    for number in find_number_words(text, language):
        yield _quantity(text, number.start, number.end, number.value, 1.0)


def _quantity(text: str, start: int, end: int, value: float, step: float) -> Quantity:
    """Return the number at a place of a text with its sign, scale and unit."""
    sign = SIGN.search(text[:start])
    begin = start
    scale = SCALE.match(text, end)
    if scale:
        factor = SCALES[scale[1] or scale[2]]
        value, step, end = value * factor, step * factor, scale.end()
    kind, factor, unit_end = _unit(text, end, bool(DOLLAR_BEFORE.search(text[:start])))
    if unit_end < len(text) and unit_end == end and text[end].isalpha():
        raise Unreadable(text[start : end + 1])
    return Quantity(
        written=text[start:unit_end],
        kind=kind,
        value=value * factor,
        step=step * factor,
        sign=sign.group(1) if sign else "",
        start=begin,
        end=unit_end,
    )


def _unit(text: str, end: int, dollar_before: bool) -> tuple[Kind, float, int]:
    """Return what a number that ends at `end` counts, in how many units each, and where the unit ends."""
    simple: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("percent", PERCENT),
        ("price", DOLLAR),
        ("closes", CLOSES),
        ("missing", MISSING),
    )
    for kind, pattern in simple:
        match = pattern.match(text, end)
        if match:
            return kind, 1.0, match.end()
    span = SPAN.match(text, end)
    if span and not dollar_before:
        return "span", float(SECONDS[(span["unit"] or span["short"])[0]]), span.end()
    return ("price" if dollar_before else "bare"), 1.0, end
