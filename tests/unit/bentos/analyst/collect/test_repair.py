"""Which hours are asked for, and in how many questions."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from bentos.analyst.collect.repair import hour_of, missing_hours, questions
from tests.support.candles import FIRST, HOUR

hours_of = st.sets(st.integers(0, 500), max_size=60).map(
    lambda hours: {FIRST + HOUR * hour for hour in hours}
)


def test_the_hour_of_a_moment_is_that_of_utc() -> None:
    half_past = timezone(timedelta(hours=5, minutes=30))
    assert hour_of(datetime(2026, 11, 1, 3, 59, 59, 999_999, UTC)) == datetime(2026, 11, 1, 3, tzinfo=UTC)
    assert hour_of(datetime(2026, 11, 1, 9, 15, tzinfo=half_past)) == datetime(2026, 11, 1, 3, tzinfo=UTC)


def test_hours_that_nobody_knows_are_missing() -> None:
    known = {FIRST, FIRST + 2 * HOUR, FIRST + 9 * HOUR}
    assert missing_hours(known, FIRST, FIRST + 4 * HOUR) == [FIRST + HOUR, FIRST + 3 * HOUR]
    assert missing_hours(known, FIRST, FIRST) == []


def test_near_gaps_are_asked_for_together_and_far_ones_apart() -> None:
    hours = [FIRST + HOUR * hour for hour in (0, 1, 400, 402)]
    assert questions(hours, most_hours=300) == [
        (FIRST + 400 * HOUR, FIRST + 403 * HOUR),
        (FIRST, FIRST + 2 * HOUR),
    ]


@given(hours_of, st.integers(1, 300))
def test_every_hour_is_asked_for_once_and_no_question_is_too_long(hours: set[datetime], most: int) -> None:
    spans = questions(hours, most)
    assert all(HOUR <= until - since <= HOUR * most for since, until in spans)
    assert all(sum(since <= hour < until for since, until in spans) == 1 for hour in hours)
    assert spans == sorted(spans, reverse=True)
