"""A line tells growth and how well it fits."""

import statistics

import pytest

from k8s.scale.fit import fit_line


def test_exact_line_is_found_with_its_slope_per_hundred() -> None:
    line = fit_line([100, 250, 1000], [3.0, 6.0, 21.0])
    assert line.slope == pytest.approx(2.0)
    assert line.intercept == pytest.approx(1.0)
    assert line.r_squared == pytest.approx(1.0)
    assert line.at(500) == pytest.approx(11.0)


def test_what_never_changes_is_a_level_line() -> None:
    line = fit_line([100, 200], [10, 10])
    assert (line.slope, line.intercept, line.r_squared) == (0, 10, 1)


def test_quadratic_growth_fits_worse_than_linear_growth() -> None:
    services = [100, 250, 500, 1000]
    noisy = fit_line(services, [1.1, 2.4, 5.1, 10.0])
    quadratic = fit_line(services, [one**4 for one in services])
    assert quadratic.r_squared < 0.9 < noisy.r_squared


def test_one_point_is_no_line() -> None:
    with pytest.raises(statistics.StatisticsError):
        fit_line([100], [1.0])
