"""Which of the candles that a source sent can be believed."""

import math
import statistics
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from bentos.analyst.candles import Candle
from bentos.analyst.collect.sources.base import HOUR

Fault = Literal["range", "clock", "duplicate", "jump"]
"""What is wrong with a candle: prices that can't be (not positive, not finite, low above high); a begin that
is not on the hour or lies in the future; two candles for one hour that differ; a close far from the one
before it that no second source confirms."""

HIGHEST_PRICE = 1e9
LOOK_BACK = 24
"""Hours after which the close before says nothing any more: the price may have moved."""
AGREEMENT = 0.02
"""Sources whose closes differ by less than this share confirm each other; exchanges differ by about a
tenth of that."""


class Refusal(Struct, frozen=True):
    """A candle that is not believed."""

    timestamp: datetime
    fault: Fault


class Verdict(Struct, frozen=True):
    """What became of an answer: candles in ascending order, those that wait for a second source, and those
    that are refused. Candles of hours that are not over are in none of them."""

    accepted: tuple[Candle, ...]
    suspects: tuple[Candle, ...]
    refused: tuple[Refusal, ...]


def judge(
    candles: Sequence[Candle], closes: Mapping[datetime, float], now: datetime, jump_percent: float
) -> Verdict:
    """Return which hourly candles of one source can be believed.

    `closes` are those that are known, by the begin of their hour; `now` is aware of UTC. A close is compared
    with the last one of the `LOOK_BACK` hours before it, and without any with the median of the answer.
    """
    over = [candle for candle in candles if candle.timestamp <= now - HOUR]
    refused = [Refusal(candle.timestamp, "clock") for candle in candles if candle.timestamp > now + HOUR]
    sound: list[Candle] = []
    for candle in over:
        fault = _fault(candle)
        if fault is None:
            sound.append(candle)
        else:
            refused.append(Refusal(candle.timestamp, fault))
    unique, twice = _without_duplicates(sound)
    accepted, suspects = _split_jumps(unique, dict(closes), jump_percent)
    return Verdict(accepted, suspects, (*refused, *twice))


def agree(one: Candle, other: Candle) -> bool:
    """Whether two sources mean the same price."""
    return abs(one.close - other.close) <= AGREEMENT * max(one.close, other.close)


def _fault(candle: Candle) -> Fault | None:
    if candle.timestamp.timestamp() % HOUR.total_seconds():
        return "clock"
    return None if has_possible_prices(candle) else "range"


def has_possible_prices(candle: Candle) -> bool:
    """Whether prices are positive and finite, lie between low and high, and the volume is not negative."""
    low, high = candle.low, candle.high
    numbers = (candle.open, high, low, candle.close, candle.volume)
    return (
        all(math.isfinite(number) for number in numbers)
        and 0 < low <= min(candle.open, candle.close)
        and max(candle.open, candle.close) <= high < HIGHEST_PRICE
        and candle.volume >= 0
    )


def _without_duplicates(candles: Sequence[Candle]) -> tuple[list[Candle], list[Refusal]]:
    """Return one candle for each hour, ascending; where several differ, none."""
    hours: dict[datetime, set[Candle]] = {}
    for candle in candles:
        hours.setdefault(candle.timestamp, set()).add(candle)
    unique = [same.copy().pop() for _, same in sorted(hours.items()) if len(same) == 1]
    return unique, [Refusal(hour, "duplicate") for hour, same in sorted(hours.items()) if len(same) > 1]


def _split_jumps(
    candles: Sequence[Candle], closes: MutableMapping[datetime, float], jump_percent: float
) -> tuple[tuple[Candle, ...], tuple[Candle, ...]]:
    usual = statistics.median([candle.close for candle in candles]) if candles else 0.0
    accepted: list[Candle] = []
    suspects: list[Candle] = []
    for candle in candles:
        before = _close_before(candle.timestamp, closes) or usual
        if abs(candle.close / before - 1) * 100 > jump_percent:
            suspects.append(candle)
        else:
            accepted.append(candle)
            closes[candle.timestamp] = candle.close
    return tuple(accepted), tuple(suspects)


def _close_before(hour: datetime, closes: Mapping[datetime, float]) -> float | None:
    steps: Sequence[timedelta] = [HOUR * count for count in range(1, LOOK_BACK + 1)]
    return next((closes[hour - step] for step in steps if hour - step in closes), None)
