"""A text as the checks see it: with plain spaces and signs, and with names and true dates taken out."""

import re
from dataclasses import dataclass
from functools import cached_property

from bentos.analyst.checks.dates import true_dates
from bentos.analyst.checks.sentences import split_sentences
from bentos.analyst.facts import Facts
from bentos.analyst.wording import NAMES, Language

NAME, DATE = "\ue000", "\ue001"
"""What stands for a name or a date of the facts: private characters, which no text may have."""

SAME = str.maketrans(
    dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}", " ")
    | dict.fromkeys("’‘`´", "'")
    | dict.fromkeys("\N{MINUS SIGN}\N{NON-BREAKING HYPHEN}\N{HYPHEN}\N{EN DASH}", "-")
    | {"\N{EM DASH}": " - "}
)
WORD = re.compile(r"[a-zà-öø-ÿœ]+")


@dataclass(frozen=True)
class Draft:
    """One text with what it must agree with."""

    text: str
    facts: Facts
    language: Language
    phrases: frozenset[tuple[str, ...]]
    headlines: tuple[str, ...] = ()

    @cached_property
    def normal(self) -> str:
        """The text with plain spaces, apostrophes and minus signs."""
        return self.text.translate(SAME)

    @cached_property
    def body(self) -> str:
        """The same with one character in place of each name and each date of the facts."""
        undated = true_dates(self.facts, self.language).sub(DATE, self.normal)
        return self._names.sub(NAME, undated)

    @cached_property
    def clean(self) -> str:
        """The body in lower case."""
        return self.body.lower()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the body, in lower case."""
        return tuple(WORD.findall(self.clean))

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The sentences of the body in lower case."""
        return split_sentences(self.clean)

    @cached_property
    def _names(self) -> re.Pattern[str]:
        symbol = self.facts.symbol.partition("-")[0]
        name = NAMES.get(symbol)
        if name is None:
            return re.compile(r"(?!)")
        return re.compile(rf"(?<!\w)(?:{re.escape(name)}|{re.escape(symbol)})(?!\w)", re.IGNORECASE)
