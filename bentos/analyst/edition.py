"""All that is known while prices stay as they are: the prices themselves, facts about them, and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bentos.analyst.api import PriceAnalysis
from bentos.analyst.candles import Candle
from bentos.analyst.facts import Facts, TooFewCloses, compute_facts
from bentos.analyst.wording import Language
from bentos.core.errors import UnknownResource

Place = tuple[str, int, Language]
"""Where an answer is kept: symbol, how many closes were asked for, language."""


class Count(Protocol):
    """A counter that knows its labels."""

    def inc(self) -> None:
        """Count one."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """An answer that is ready. From `retry_at` on, in seconds of the event loop's clock, a better one should
    be looked for; `failures` is how often that failed."""

    answer: PriceAnalysis
    count: Count
    retry_at: float
    failures: int = 0


class Edition:
    """The prices of every symbol at one revision of the store, in ascending order, and what follows from
    them."""

    def __init__(self, revision: str, candles: Mapping[str, Sequence[Candle]]) -> None:
        self.revision = revision
        self._candles = candles
        self._facts: dict[tuple[str, int], Facts] = {}
        self.answers: dict[Place, Held] = {}

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has a price."""
        return tuple(self._candles)

    def candles(self, symbol: str, limit: int) -> Sequence[Candle]:
        """Return the latest candles of a symbol, at most `limit`. Raises UnknownResource if there are
        none."""
        found = self._candles.get(symbol)
        if not found:
            known = ", ".join(sorted(self._candles)) or "none yet"
            raise UnknownResource(f"There are no prices of {symbol!r}; there are of: {known}.")
        return found[-limit:]

    def facts(self, symbol: str, limit: int) -> Facts:
        """Return the facts about the latest closes, at most `limit`. Raises UnknownResource if there are
        fewer than two."""
        candles = self.candles(symbol, limit)
        key = (symbol, len(candles))
        if key not in self._facts:
            try:
                self._facts[key] = compute_facts(candles)
            except TooFewCloses as error:
                raise UnknownResource(f"There are too few prices of {symbol!r} yet: {error}") from error
        return self._facts[key]

    def adopt(self, older: "Edition") -> None:
        """Take over the facts and answers about symbols whose prices are the same."""
        same = {symbol for symbol, candles in self._candles.items() if older._candles.get(symbol) == candles}
        self._facts.update({key: facts for key, facts in older._facts.items() if key[0] in same})
        self.answers.update({place: held for place, held in older.answers.items() if place[0] in same})
