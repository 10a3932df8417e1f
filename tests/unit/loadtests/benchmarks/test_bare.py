"""The Booster alone is measured in a process of its own."""

import pytest

from loadtests.benchmarks.bare import bare_rows_per_second, rate_of
from loadtests.benchmarks.errors import ReportUnreadable
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.synthetic.model import TrainedModel, draw_rows


def test_every_size_has_a_rate(small_model: TrainedModel, site: Site) -> None:
    rates = bare_rows_per_second(small_model.ubj, draw_rows(100, 1), (1, 100), 0.05, site.server_core)
    assert list(rates) == [1, 100]
    assert all(rate > 0.0 for rate in rates.values())


def test_model_that_is_none_is_an_error(site: Site) -> None:
    with pytest.raises(ReportUnreadable, match="bare Booster"):
        bare_rows_per_second(b"{}", draw_rows(1, 1), (1,), 0.05, site.server_core)


def test_rows_are_counted_and_not_calls() -> None:
    calls: list[int] = []
    rate = rate_of(lambda: calls.append(1), rows=1_000, seconds=0.02)
    assert rate <= len(calls) * 1_000 / 0.02
    assert rate > 1_000
