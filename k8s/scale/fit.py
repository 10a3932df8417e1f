"""A straight line through measurements, and how well it fits."""

import statistics
from collections.abc import Sequence

import msgspec

PER_SERVICES = 100


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A value as a function of the number of services."""

    intercept: float
    slope: float
    """Growth per hundred services."""
    r_squared: float
    """Share of the variance that the line explains; 1 is a perfect fit."""

    def at(self, services: int) -> float:
        """Return the value that the line has there."""
        return self.intercept + self.slope * services / PER_SERVICES


def fit_line(services: Sequence[int], values: Sequence[float]) -> Line:
    """Return the least-squares line through at least two points with different numbers of services.

    Raises statistics.StatisticsError for fewer.
    """
    slope, intercept = statistics.linear_regression(services, values)
    # A correlation with what never changes is not defined; a level line fits it perfectly.
    constant = min(values) == max(values)
    r_squared = 1.0 if constant else statistics.correlation(services, values) ** 2
    return Line(intercept=intercept, slope=slope * PER_SERVICES, r_squared=r_squared)
