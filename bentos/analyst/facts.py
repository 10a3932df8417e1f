"""What is true about a window of prices: the only source of every number and direction that a text may tell.

One pure function. With `r` the log returns between successive closes, `k` the intervals that each of them
spans (more than one across a gap), and `n` their number:

* change: last close / first close - 1;
* volatility: realised volatility per day, sqrt(sum(r²) / sum(k)) x sqrt(intervals per day). Squared returns
  are summed without taking a mean off, as in Andersen, Bollerslev, Diebold and Labys, "Modeling and
  Forecasting Realized Volatility" (Econometrica 71, 2003); dividing by the time that passed lets a return
  over a gap count for as long as it lasted;
* trend: stable if the log change is below `LEAST_MOVE`, or below `STABLE_SPREAD` x sqrt(sum(r²)); the root is
  how far a walk without direction, and with swings of this size, typically ends from its start. Such a walk
  is called stable in about 38 % of windows, rising and falling in 31 % each;
* drawdown: the deepest fall from a close to a later close, as a share of the former.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import msgspec
from msgspec import Struct

from bentos.analyst.candles import Candle

Trend = Literal["rising", "falling", "stable"]
Volatility = Literal["low", "moderate", "high"]

LEAST_MOVE = 0.001
"""Log change below which a price is called stable, however quiet it was."""
STABLE_SPREAD = 0.5
"""Share of the typical distance of a walk without direction within which a price is called stable."""
MODERATE_FROM_PERCENT = 2.0
"""Volatility per day from which it is called moderate; the archives' median for Bitcoin is about 3 %."""
HIGH_FROM_PERCENT = 5.0
"""Volatility per day from which it is called high."""
DAY_SECONDS = 86_400
PERCENT_DECIMALS = 4
"""Decimals to which percentages are kept, so that the same prices give the same digest everywhere."""


class TooFewCloses(ValueError):
    """Nothing can be said about a change with fewer than two closes."""

    def __init__(self, found: int) -> None:
        super().__init__(f"two closes are needed, {found} are here")
        self.found = found


class Facts(Struct, frozen=True, kw_only=True):
    """What a text may say about `window` closes of `symbol`.

    `start` is the beginning of the first interval, `as_of` the end of the last one; `missing` intervals
    between them have no price. Prices are in US dollars; `low` and `high` are the extremes of all intervals,
    `range_percent` is the way from the one to the other. Percentages are in percent: `change_percent` is
    signed, the others are not. `historical` prices come out of an archive and are never passed off as
    today's.
    """

    symbol: str
    window: int
    interval_seconds: int
    start: datetime
    as_of: datetime
    first_close: float
    last_close: float
    change_percent: float
    trend: Trend
    low: float
    high: float
    range_percent: float
    volatility_percent: float
    volatility: Volatility
    drawdown_percent: float
    missing: int
    historical: bool
    source: str

    def digest(self) -> str:
        """Return the hexadecimal SHA-256 of the canonical JSON: the same facts always have the same one."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def compute_facts(candles: Sequence[Candle]) -> Facts:
    """Return what is true about the candles of one symbol, in ascending order of time.

    Candles whose prices are not positive numbers count as missing. Raises TooFewCloses below two others.
    """
    usable = [candle for candle in candles if _is_usable(candle)]
    if len(usable) < 2:
        raise TooFewCloses(len(usable))
    interval = _interval_seconds(usable)
    spans = _spans(usable, interval)
    closes = [candle.close for candle in usable]
    returns = [math.log(later / earlier) for earlier, later in pairwise(closes)]
    energy = math.fsum(one * one for one in returns)
    volatility = _percent(math.sqrt(energy / sum(spans) * DAY_SECONDS / interval))
    low, high = min(candle.low for candle in usable), max(candle.high for candle in usable)
    return Facts(
        symbol=usable[-1].symbol,
        window=len(usable),
        interval_seconds=interval,
        start=usable[0].timestamp,
        as_of=usable[-1].timestamp + timedelta(seconds=interval),
        first_close=closes[0],
        last_close=closes[-1],
        change_percent=_percent(closes[-1] / closes[0] - 1),
        trend=_trend(math.log(closes[-1] / closes[0]), energy),
        low=low,
        high=high,
        range_percent=_percent(high / low - 1),
        volatility_percent=volatility,
        volatility=_level(volatility),
        drawdown_percent=_percent(_drawdown(closes)),
        missing=sum(spans) - len(spans),
        historical=any(candle.is_historical for candle in usable),
        source=", ".join(sorted({candle.source for candle in usable})),
    )


def _is_usable(candle: Candle) -> bool:
    prices = (candle.open, candle.high, candle.low, candle.close)
    return all(math.isfinite(price) and price > 0 for price in prices)


def _interval_seconds(candles: Sequence[Candle]) -> int:
    """Return the most frequent distance of two candles, in seconds; of equally frequent ones the shortest."""
    distances = Counter(
        max(1, round((later.timestamp - earlier.timestamp).total_seconds()))
        for earlier, later in pairwise(candles)
    )
    return min(distances, key=lambda distance: (-distances[distance], distance))


def _spans(candles: Sequence[Candle], interval: int) -> list[int]:
    """Return for each return how many intervals it spans."""
    return [
        max(1, round((later.timestamp - earlier.timestamp).total_seconds() / interval))
        for earlier, later in pairwise(candles)
    ]


def _trend(change: float, energy: float) -> Trend:
    """Return the trend of a log change, given the sum of squared log returns on its way."""
    if abs(change) < max(LEAST_MOVE, STABLE_SPREAD * math.sqrt(energy)):
        return "stable"
    return "rising" if change > 0 else "falling"


def _level(volatility_percent: float) -> Volatility:
    if volatility_percent < MODERATE_FROM_PERCENT:
        return "low"
    return "moderate" if volatility_percent < HIGH_FROM_PERCENT else "high"


def _drawdown(closes: Sequence[float]) -> float:
    peak, deepest = closes[0], 0.0
    for close in closes:
        peak = max(peak, close)
        deepest = max(deepest, 1 - close / peak)
    return deepest


def _percent(share: float) -> float:
    return round(share * 100, PERCENT_DECIMALS) + 0.0
