"""What is told of a soak run."""

import pytest

from loadtests.benchmarks.soak import Sample, Soaked, soak_page
from tests.support.measured import opened


def _soaked(growth_megabytes: float, has_ended: bool = False) -> Soaked:
    samples = [Sample(60.0 * n, 120.0 + n * growth_megabytes, 30 + n // 30) for n in range(31)]
    return Soaked(
        service="Ekiben",
        minutes=30.0,
        rate=7_000.0,
        stretches=[opened(7_000.0, p99_seconds=0.002), opened(7_000.0, p99_seconds=0.005)],
        samples=samples,
        has_ended=has_ended,
    )


def test_slope_is_told_in_megabytes_an_hour() -> None:
    assert _soaked(0.5).megabytes_an_hour() == pytest.approx(30.0)
    assert "| slope of the resident memory | +30.00 MB/h |" in soak_page("", _soaked(0.5))
    assert "| slope of the resident memory | -6.00 MB/h |" in soak_page("", _soaked(-0.1))


def test_page_tells_rates_tails_and_files() -> None:
    page = soak_page("2 cores.", _soaked(0.0))
    assert page.startswith("2 cores.\n\nEkiben, one process on one core, 30 minutes.")
    assert "| answered/s | 6,300 |" in page
    assert "| p99, worst minute | 5.00 ms |" in page
    assert "| open files after the warm-up, at the end | 30, 31 |" in page
    assert "| process | the same from beginning to end |" in page


def test_process_that_ended_is_told() -> None:
    assert "| process | ended meanwhile |" in soak_page("", _soaked(0.0, has_ended=True))
