"""The dates that a text may name: the days on which its facts begin and end."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from babel.dates import format_date

from bentos.analyst.facts import Facts
from bentos.analyst.wording import Language, last_moment

BEFORE_YEAR = {
    "en": ("in", "of", "until", "since", "early", "mid", "late", "year", "during"),
    "fr": ("en", "depuis", "début", "fin", "mi", "année", "l'année", "an", "jusqu'en", "courant"),
}
"""Words behind which a year stands without its day; behind `to` or `de` it could be a price."""


@lru_cache(maxsize=256)
def true_dates(facts: Facts, language: Language) -> re.Pattern[str]:
    """Return a pattern of every way to write a day, month or year of the facts, some with their time."""
    moments = (facts.start, facts.as_of, last_moment(facts))
    named = {moment.date(): moment for moment in moments}.values()
    days = {written for moment in named for written in _days(moment, language)}
    months = {format_date(moment, "LLLL", locale=language) for moment in named}
    clocks = {clock for moment in moments for clock in _clocks(moment)}
    day = "|".join(_longest_first(days | months))
    clock = rf"(?:(?:,| at| à)? (?:{'|'.join(_longest_first(clocks))})(?: (?i:utc))?)?"
    year = "|".join(sorted({f"{moment:%Y}" for moment in moments}))
    before = "|".join(rf"(?<=(?i:\b{word}[ -]))" for word in BEFORE_YEAR[language])
    end = r"(?!\w|[.,' ]\d)"
    unit = r"(?! ?(?:%|\$|dollars|usd|us\$|k\b|thousand|mille|million|percent|per cent|pour))"
    return re.compile(rf"(?<!\w)(?:{day}){clock}{end}|(?:{before})(?:{year}){end}{unit}")


def _days(moment: datetime, language: Language) -> Iterator[str]:
    month, short = (format_date(moment, form, locale=language) for form in ("LLLL", "LLL"))
    day, year = moment.day, moment.year
    yield f"{moment:%Y-%m-%d}"
    for name in {month, short, short.rstrip(".") + "."}:
        yield f"{name} {year}"
        for number in _ordinals(day, language):
            yield from (f"{number} {name} {year}", f"{number} {name}")
            if language == "en":
                yield from (f"{name} {number}, {year}", f"{name} {number} {year}", f"{name} {number}")


def _ordinals(day: int, language: Language) -> tuple[str, ...]:
    if language == "fr":
        return (str(day), "1er") if day == 1 else (str(day),)
    last = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return str(day), f"{day}{last}"


def _clocks(moment: datetime) -> Iterator[str]:
    yield f"{moment:%H:%M}"
    yield f"{moment:%H}h{moment:%M}"
    yield f"{moment.hour} h {moment:%M}"


def _longest_first(texts: set[str]) -> list[str]:
    return [re.escape(text) for text in sorted(texts, key=lambda text: (-len(text), text))]
