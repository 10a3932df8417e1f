from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bentos.analyst.storage.gaps import missing_spans

START = datetime(2026, 3, 29, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(*hours: float) -> list[datetime]:
    return [START + hour * HOUR for hour in hours]


def test_nothing_is_expected_of_a_symbol_without_prices() -> None:
    assert missing_spans([], START, HOUR) == []


def test_no_gap_where_every_interval_has_a_candle() -> None:
    assert missing_spans(at(0, 1, 2, 3), START, HOUR) == []


def test_missing_candles_in_a_row_are_one_gap() -> None:
    assert missing_spans(at(0, 3, 4), START, HOUR) == [tuple(at(1, 3))]


def test_what_is_missing_before_the_first_candle_is_a_gap() -> None:
    assert missing_spans(at(2, 3), START, HOUR) == [tuple(at(0, 2))]


def test_the_interval_that_has_begun_already_is_not_expected() -> None:
    assert missing_spans(at(1, 2), START + timedelta(minutes=1), HOUR) == []


def test_a_candle_that_is_a_little_late_is_no_gap() -> None:
    assert missing_spans(at(0, 1.9, 3), START, HOUR) == []


@given(st.sets(st.integers(0, 200)))
def test_gaps_are_exactly_the_hours_without_candle_up_to_the_last(present: set[int]) -> None:
    spans = missing_spans(at(*sorted(present)), START, HOUR)
    missing = {
        hour for beginning, end in spans for hour in range((beginning - START) // HOUR, (end - START) // HOUR)
    }
    assert missing == set(range(max(present, default=0))) - present
