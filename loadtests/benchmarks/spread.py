"""Several measurements of the same thing, as a median and how far they lie apart."""

import statistics
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct


class Spread(Struct, frozen=True):
    """The median of some rounds, the least and the most."""

    median: float
    least: float
    most: float


def spread(values: Iterable[float]) -> Spread:
    """Return the spread of at least one value. Raises ValueError if there are none."""
    known = list(values)
    if not known:
        raise ValueError("Nothing was measured.")
    return Spread(statistics.median(known), min(known), max(known))


def write(found: Spread, form: Callable[[float], str]) -> str:
    """Return the median, and the range behind it where there is one."""
    least, most = form(found.least), form(found.most)
    return form(found.median) if least == most else f"{form(found.median)} ({least}–{most})"


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of the straight line that fits best by least squares, in values by time. Raises
    StatisticsError for fewer than two different times."""
    return statistics.linear_regression(times, values).slope
