"""What one single-row answer costs, as a ratio: absolute times say more about the machine than about the
model."""

import statistics
import time
from collections.abc import Callable

import msgspec

Call = Callable[[], object]

_WARM_UP_CALLS = 20
_CALLS_PER_ROUND = 50


class CostRatio(msgspec.Struct, frozen=True):
    """Median CPU time of one call, in seconds, and the median over rounds of challenger / champion."""

    ratio: float
    challenger_seconds: float
    champion_seconds: float


def median_cost_seconds(call: Call, rounds: int = 40) -> float:
    """Return the median CPU time of one call, over rounds of fifty."""
    _warm_up(call)
    return statistics.median(_round_seconds(call) for _ in range(rounds))


def cost_ratio(challenger: Call, champion: Call, rounds: int = 40) -> CostRatio:
    """Time both in turns, so that whatever else the machine does meets both alike.

    CPU time of the whole process is taken, not time passed: a busy neighbour does not make a model expensive.
    """
    _warm_up(challenger)
    _warm_up(champion)
    pairs = [_alternate(challenger, champion, champion_first=number % 2 == 0) for number in range(rounds)]
    return CostRatio(
        ratio=statistics.median(new / old for new, old in pairs),
        challenger_seconds=statistics.median(new for new, _ in pairs),
        champion_seconds=statistics.median(old for _, old in pairs),
    )


def _alternate(challenger: Call, champion: Call, *, champion_first: bool) -> tuple[float, float]:
    if champion_first:
        old = _round_seconds(champion)
        return _round_seconds(challenger), old
    return _round_seconds(challenger), _round_seconds(champion)


def _warm_up(call: Call) -> None:
    for _ in range(_WARM_UP_CALLS):
        call()


def _round_seconds(call: Call) -> float:
    started = time.process_time_ns()
    for _ in range(_CALLS_PER_ROUND):
        call()
    return max(1, time.process_time_ns() - started) / _CALLS_PER_ROUND / 1e9
