"""Chooses the frozen windows out of the price archives: `python -m training.analyst.windows`.

A window is the latest closes that somebody might ask about. Of each kind a fixed number is drawn at random,
no two windows of one symbol overlap, and what a kind means is said in plain numbers here, apart from what the
service calls a trend: with r the log returns between successive closes, m their sum, and s = sqrt(sum(r²)),

* rising, falling: the change is at least 1 %, and |m| at least 1.2 s: the way was straight;
* flat: the change is below 0.3 %, and |m| below 0.2 s;
* volatile: s by sqrt(hours) is higher than on nine days in ten, and |m| below 1.2 s;
* gaps: a tenth to a third of the closes between first and last were taken out, whatever the direction.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

import numpy as np

from bentos.analyst.candles import Candle
from bentos.analyst.collect.history import read_history
from bentos.analyst.settings import CollectSettings
from training.analyst.data import WINDOWS, FrozenWindow, Kind, write_windows

_Choice = TypeVar("_Choice", str, int)

SEED = 20261122
SYMBOLS = {"BTC": 0.55, "ETH": 0.2, "LTC": 0.1, "XRP": 0.15}
"""Symbols, and how often each is drawn. Their prices are thousands, hundreds and fractions of a dollar."""
LENGTHS = {2: 0.03, 3: 0.02, 6: 0.05, 12: 0.08, 24: 0.4, 48: 0.22, 72: 0.05, 168: 0.15}
"""Closes in a window, and how often each number is drawn; 24, 48 and 168 are the service's usual ones."""
WANTED: Mapping[Kind, int] = {"rising": 50, "falling": 50, "flat": 40, "volatile": 40, "gaps": 40}
LEAST_CHANGE = 0.01
STRAIGHT = 1.2
FLAT_CHANGE = 0.003
AIMLESS = 0.2
LIVELY_QUANTILE = 0.9
SHORTEST_WITH_GAPS = 6
MISSING = (0.1, 0.33)
MOST_DRAWS = 200_000
INTERVAL = timedelta(hours=1)


class TooFewWindows(ValueError):
    """The archive does not have enough windows of some kind."""

    def __init__(self, found: Mapping[Kind, int]) -> None:
        super().__init__(f"the archive has only {dict(found)} of {dict(WANTED)} windows")


class Shape:
    """What the numbers above need to know of some candles."""

    def __init__(self, candles: Sequence[Candle]) -> None:
        closes = np.array([candle.close for candle in candles])
        returns = np.diff(np.log(closes))
        way = math.sqrt(float(np.sum(returns**2)))
        self.change = float(closes[-1] / closes[0] - 1)
        self.straightness = abs(float(np.sum(returns))) / way if way else 0.0
        self.per_hour = way / math.sqrt(len(returns))

    def is_of(self, kind: Kind, lively: float) -> bool:
        """Return whether candles of this shape are of the kind; `lively` is the volatility of their symbol
        that few days exceed."""
        if kind in ("rising", "falling"):
            change = self.change if kind == "rising" else -self.change
            return change >= LEAST_CHANGE and self.straightness >= STRAIGHT
        if kind == "flat":
            return abs(self.change) < FLAT_CHANGE and self.straightness < AIMLESS
        return kind == "gaps" or (self.per_hour >= lively and self.straightness < STRAIGHT)


class Chooser:
    """Draws windows from an archive: hourly candles in ascending order, by symbol."""

    def __init__(self, archive: Mapping[str, Sequence[Candle]], seed: int = SEED) -> None:
        self._archive = archive
        self._generator = np.random.default_rng(seed)
        self._lively = {symbol: _lively(candles) for symbol, candles in archive.items()}
        self._used = {symbol: np.zeros(len(candles), np.bool_) for symbol, candles in archive.items()}
        self._chosen: dict[Kind, list[FrozenWindow]] = {kind: [] for kind in WANTED}

    def choose(self) -> tuple[FrozenWindow, ...]:
        """Return all windows; kinds take turns. Raises TooFewWindows."""
        for _ in range(MOST_DRAWS):
            missing = [kind for kind, wanted in WANTED.items() if len(self._chosen[kind]) < wanted]
            if not missing:
                return self._in_turns()
            self._try(missing[self._generator.integers(len(missing))])
        raise TooFewWindows({kind: len(windows) for kind, windows in self._chosen.items()})

    def _try(self, kind: Kind) -> None:
        """Draw a window, and keep it if it is of the kind and overlaps no other."""
        symbol, length = self._draw(SYMBOLS), self._draw(LENGTHS)
        start = int(self._generator.integers(len(self._archive[symbol]) - length))
        span = slice(start, start + length)
        candles = list(self._archive[symbol][span])
        is_whole = candles[-1].timestamp - candles[0].timestamp == (length - 1) * INTERVAL
        if self._used[symbol][span].any() or not is_whole:
            return
        if kind == "gaps" and length < SHORTEST_WITH_GAPS:
            return
        if Shape(candles).is_of(kind, self._lively[symbol]):
            self._used[symbol][span] = True
            kept = self._without_some(candles) if kind == "gaps" else candles
            number = len(self._chosen[kind]) + 1
            self._chosen[kind].append(FrozenWindow(f"{kind}-{number:02}", kind, tuple(kept)))

    def _draw(self, shares: Mapping[_Choice, float]) -> _Choice:
        choices = list(shares)
        return choices[int(self._generator.choice(len(choices), p=list(shares.values())))]

    def _without_some(self, candles: list[Candle]) -> list[Candle]:
        """Return the candles without a run of hours, as after an outage, or without single ones."""
        inner = np.arange(1, len(candles) - 1)
        missing = max(1, round(self._generator.uniform(*MISSING) * len(inner)))
        if self._generator.random() < 0.5:
            first = int(self._generator.integers(len(inner) - missing + 1))
            taken = inner[first : first + missing]
        else:
            taken = self._generator.choice(inner, missing, replace=False)
        return [candle for number, candle in enumerate(candles) if number not in taken]

    def _in_turns(self) -> tuple[FrozenWindow, ...]:
        placed = [
            ((number + 0.5) / WANTED[kind], kind, window)
            for kind, windows in self._chosen.items()
            for number, window in enumerate(windows)
        ]
        return tuple(window for _, _, window in sorted(placed, key=lambda one: one[:2]))


def _lively(candles: Sequence[Candle]) -> float:
    days = [Shape(candles[start : start + 25]).per_hour for start in range(0, len(candles) - 25, 24)]
    return float(np.quantile(days, LIVELY_QUANTILE))


def main() -> None:
    """Choose the windows again; fetches the archives if they are not there."""
    folder = CollectSettings().archives
    windows = Chooser({symbol: read_history(folder, symbol) for symbol in SYMBOLS}).choose()
    write_windows(windows)
    closes = sum(len(window.candles) for window in windows)
    sys.stdout.write(f"{len(windows)} windows with {closes} closes are in {WINDOWS}\n")


if __name__ == "__main__":
    main()
