"""Numbers over all rounds of a comparison."""

from pathlib import Path

import msgspec
import pytest

from loadtests.benchmarks.comparison import Comparison, at, wrong_answers
from loadtests.benchmarks.spread import Spread
from tests.support.measured import OTHER, OURS, PEER, comparison, measured_round


def test_rates_are_medians_at_sixteen_connections() -> None:
    assert _numbers(comparison().rate(OURS)) == pytest.approx([24_000.0, 21_600.0, 26_400.0])
    assert _numbers(comparison().rate(OURS, connections=1)) == pytest.approx([12_000.0, 10_800.0, 13_200.0])


def _numbers(found: Spread | None) -> list[float]:
    assert found is not None
    return [found.median, found.least, found.most]


def test_what_was_not_measured_is_none() -> None:
    found = comparison()
    assert found.rate(OTHER) is None
    assert found.batch(PEER, "JSON", 1_000) is None
    assert found.bare_rate(PEER, 1_000) is None
    assert found.bare_rate(OURS, 7) is None


def test_batches_are_found_by_form_and_size() -> None:
    assert comparison().batch(OURS, "binary", 10_000) == Spread(120_000.0, 120_000.0, 120_000.0)
    assert comparison().sizes() == [1_000, 10_000]


def test_wrong_answers_of_all_rounds_are_counted() -> None:
    assert wrong_answers([measured_round("x", 100.0, wrong=3), measured_round("x", 100.0, wrong=4)]) == 7


def test_connections_that_were_not_tried_are_an_error() -> None:
    with pytest.raises(StopIteration):
        at(measured_round("x", 1.0), 5)


def test_saved_numbers_are_all_there(tmp_path: Path) -> None:
    comparison().save(tmp_path / "new" / "raw.json")
    assert msgspec.json.decode((tmp_path / "new" / "raw.json").read_bytes(), type=Comparison) == comparison()
