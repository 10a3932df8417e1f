"""Numbers that are written in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bentos.analyst.wording import Language

UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "fr": "vingt trente quarante cinquante soixante",
}
MORE = {
    "en": {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "millions": 1_000_000},
    "fr": {"une": 1, "vingts": 20, "septante": 70, "huitante": 80, "nonante": 90, "cent": 100, "cents": 100}
    | {"mille": 1_000, "million": 1_000_000, "millions": 1_000_000},
}
ARTICLES = {"one", "un", "une"}
"""They only count before a unit or another number."""
COUNTED = re.compile(
    r"[ -](?:percent|per cent|pour cent|%|dollars?|hours?|days?|weeks?|closes?|heures?|jours?|semaines?"
    r"|points?|k\b)(?! to the next| à l'autre)"
)
JOIN = r"(?:[ -]|[ -](?:and|et)[ -])"


@dataclass(frozen=True)
class NumberWords:
    """One number in words, from `start` to `end` of its text."""

    value: float
    start: int
    end: int


def _values(language: Language) -> dict[str, int]:
    units = {word: value for value, word in enumerate(UNITS[language].split())}
    tens = {word: 10 * value for value, word in enumerate(TENS[language].split(), start=2)}
    return units | tens | MORE[language]


VALUES: dict[Language, dict[str, int]] = {"en": _values("en"), "fr": _values("fr")}


def _pattern(language: Language) -> re.Pattern[str]:
    word = "(?:" + "|".join(sorted(VALUES[language], key=len, reverse=True)) + ")"
    return re.compile(rf"(?<!\w)(?<!pour )(?<!per ){word}(?:{JOIN}{word})*(?!\w)")


PATTERNS: dict[Language, re.Pattern[str]] = {"en": _pattern("en"), "fr": _pattern("fr")}
TOKEN = re.compile(r"[^\W\d_]+")


def find_number_words(text: str, language: Language) -> Iterator[NumberWords]:
    """Yield the numbers in words of a text in lower case; articles are none."""
    for match in PATTERNS[language].finditer(text):
        words = [word for word in TOKEN.findall(match.group()) if word in VALUES[language]]
        is_article = len(words) == 1 and words[0] in ARTICLES
        if not is_article or COUNTED.match(text, match.end()):
            yield NumberWords(_total(words, VALUES[language]), match.start(), match.end())


def _total(words: list[str], values: dict[str, int]) -> float:
    total, current = 0, 0
    for word in words:
        value = values[word]
        if value >= 1_000:
            total, current = total + max(1, current) * value, 0
        elif value == 100:
            current = max(1, current) * 100
        elif value == 20 and current % 100 == 4:
            current += 76  # quatre-vingts
        else:
            current += value
    return float(total + current)
