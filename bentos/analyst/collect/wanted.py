"""The hours that a run looks for, and what it has found of them so far, from source after source."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bentos.analyst.candles import Candle
from bentos.analyst.collect.repair import hour_of, missing_hours
from bentos.analyst.collect.sources.base import HOUR
from bentos.analyst.collect.validation import Refusal, Verdict, agree, judge


class WantedHours:
    """The hours of the last `hours` that the store lacks, and the last one that it has: when that was asked
    for, its source may not have counted its last trades yet.

    `stored` are the live candles that the store has, ascending; `now` is aware of UTC.
    """

    def __init__(self, stored: Sequence[Candle], now: datetime, hours: int, jump_percent: float) -> None:
        until = hour_of(now)
        since = until - HOUR * hours
        self._now = now
        self._jump_percent = jump_percent
        self._closes = {candle.timestamp: candle.close for candle in stored}
        self._missing = set(missing_hours(self._closes, since, until))
        self.left = self._missing | {last.timestamp for last in stored[-1:] if last.timestamp >= since}
        self.found: dict[datetime, Candle] = {}
        self._suspects: dict[datetime, list[Candle]] = {}
        self._refused: set[tuple[str, Refusal]] = set()

    @property
    def newest(self) -> datetime | None:
        """The newest hour that is known by now."""
        return max(self._closes, default=None)

    @property
    def missing(self) -> int:
        """How many hours nobody had so far."""
        return len(self._missing & self.left)

    @property
    def refused(self) -> dict[str, int]:
        """How many candles are not believed, by fault."""
        jumps = sum(len(candles) for candles in self._suspects.values())
        return dict(Counter(refusal.fault for _, refusal in self._refused) + Counter(jump=jumps))

    def take(self, candles: Sequence[Candle], since: datetime) -> int:
        """Look for wanted hours in what one source said about the time from `since` on. Return how many of
        its candles count; those that a second source must confirm count too."""
        relevant = [
            candle for candle in candles if candle.timestamp >= since and self._is_open(candle.timestamp)
        ]
        verdict = judge(relevant, self._closes, self._now, self._jump_percent)
        self._refused |= {(candles[0].source, refusal) for refusal in verdict.refused}
        self._keep(verdict)
        return len(verdict.accepted) + len(verdict.suspects)

    def _is_open(self, hour: datetime) -> bool:
        return hour in self.left or hour not in self._closes

    def _keep(self, verdict: Verdict) -> None:
        for candle in verdict.accepted:
            self._believe(candle)
        for candle in verdict.suspects:
            doubted = self._suspects.setdefault(candle.timestamp, [])
            confirmed = next((other for other in doubted if _confirm(candle, other)), None)
            if confirmed is not None:
                self._suspects.pop(candle.timestamp)
                self._believe(confirmed)
            elif candle not in doubted:
                doubted.append(candle)

    def _believe(self, candle: Candle) -> None:
        self.found[candle.timestamp] = candle
        self._closes[candle.timestamp] = candle.close
        self.left.discard(candle.timestamp)


def _confirm(one: Candle, other: Candle) -> bool:
    return one.source != other.source and agree(one, other)
