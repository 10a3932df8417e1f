"""Windows of prices that a random walk makes, and the facts about them."""

import math
from datetime import UTC, datetime, timedelta

from numpy.random import default_rng

from bentos.analyst.candles import Candle
from bentos.analyst.facts import Facts, compute_facts

BEGIN = datetime(2019, 9, 30, 0, tzinfo=UTC)


def walk(
    seed: int,
    closes: int = 24,
    drift: float = 0.0,
    swing: float = 0.005,
    price: float = 8_000.0,
    symbol: str = "BTC",
    source: str = "coinbase",
    step: timedelta = timedelta(hours=1),
    begin: datetime = BEGIN,
) -> list[Candle]:
    """Return candles of a walk whose log returns have this mean and this standard deviation per step."""
    chance = default_rng(seed)
    candles, close = [], price
    for place in range(closes):
        opened = close
        close = opened * math.exp(chance.normal(drift, swing))
        edge = 1 + abs(chance.normal(0, swing)) / 4
        candles.append(
            Candle(
                symbol=symbol,
                timestamp=begin + place * step,
                open=opened,
                high=max(opened, close) * edge,
                low=min(opened, close) / edge,
                close=close,
                volume=1.0,
                source=source,
            )
        )
    return candles


KINDS = {
    "rising": (0.004, 0.004),
    "falling": (-0.004, 0.004),
    "flat": (0.0, 0.0008),
    "volatile": (0.0, 0.02),
}
"""Drift and swing of each kind of walk, per step."""


def some_facts(kind: str, seed: int, closes: int = 24, source: str = "coinbase") -> Facts:
    """Return the facts of a walk of a kind: rising, falling, flat or volatile."""
    drift, swing = KINDS[kind]
    return compute_facts(walk(seed, closes, drift, swing, source=source))
