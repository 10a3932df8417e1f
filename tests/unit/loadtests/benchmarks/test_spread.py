"""Medians and how far measurements lie apart."""

import statistics

import pytest

from loadtests.benchmarks.spread import Spread, slope, spread, write


def test_spread_is_median_least_and_most() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)


def test_spread_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="measured"):
        spread([])


def test_range_is_told_where_there_is_one() -> None:
    assert write(Spread(2.0, 1.0, 3.0), "{:.0f}".format) == "2 (1–3)"
    assert write(Spread(2.0, 1.9, 2.1), "{:.0f}".format) == "2"


def test_slope_of_a_line_is_found_within_noise() -> None:
    assert slope([0.0, 1.0, 2.0], [10.0, 12.0, 14.0]) == pytest.approx(2.0)
    assert slope([0.0, 1.0, 2.0, 3.0], [5.0, 5.2, 4.8, 5.0]) == pytest.approx(-0.04)


def test_slope_of_one_moment_is_an_error() -> None:
    with pytest.raises(statistics.StatisticsError):
        slope([1.0, 1.0], [1.0, 2.0])
