"""Which candles are believed, and why others are not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bentos.analyst.candles import Candle
from bentos.analyst.collect.validation import AGREEMENT, LOOK_BACK, Refusal, Verdict, agree, judge
from tests.support.candles import FIRST, HOUR, candle

NOW = FIRST + 100 * HOUR


def verdict_of(*candles: Candle, closes: dict[float, float] | None = None) -> Verdict:
    known = {FIRST + HOUR * hours: close for hours, close in (closes or {}).items()}
    return judge(candles, known, NOW, jump_percent=30.0)


def test_sound_candles_come_back_in_order_and_once() -> None:
    verdict = verdict_of(candle(2), candle(0), candle(1), candle(0))
    assert verdict == Verdict((candle(0), candle(1), candle(2)), (), ())


@pytest.mark.parametrize(
    "changes",
    [
        {"close": 0.0},
        {"open": -1.0},
        {"close": float("nan")},
        {"high": float("inf")},
        {"low": 100.5},
        {"high": 99.5},
        {"open": 1e12, "high": 1e12},
        {"volume": -0.1},
        {"volume": float("nan")},
    ],
)
def test_prices_that_can_not_be_are_refused(changes: dict[str, float]) -> None:
    verdict = verdict_of(candle(0), replace(candle(1), **changes))
    assert verdict.accepted == (candle(0),)
    assert verdict.refused == (Refusal(FIRST + HOUR, "range"),)


def test_a_begin_that_is_not_on_the_hour_is_refused() -> None:
    crooked = replace(candle(1), timestamp=FIRST + timedelta(minutes=30))
    assert verdict_of(crooked).refused == (Refusal(crooked.timestamp, "clock"),)


def test_hours_that_are_not_over_are_left_out_and_later_ones_refused() -> None:
    verdict = verdict_of(candle(99), candle(100), candle(101), candle(102))
    assert verdict.accepted == (candle(99),)
    assert verdict.refused == (Refusal(FIRST + 102 * HOUR, "clock"),)


def test_the_last_year_of_the_calendar_is_only_another_clock_that_is_wrong() -> None:
    last = replace(candle(0), timestamp=datetime(9999, 12, 31, 23, tzinfo=UTC))
    assert verdict_of(last).refused == (Refusal(last.timestamp, "clock"),)


def test_two_candles_of_one_hour_that_differ_are_both_refused() -> None:
    verdict = verdict_of(candle(0), candle(1), candle(1, close=101.0))
    assert verdict.accepted == (candle(0),)
    assert verdict.refused == (Refusal(FIRST + HOUR, "duplicate"),)


@pytest.mark.parametrize(
    ("close", "is_suspect"), [(129.9, False), (130.1, True), (70.1, False), (69.9, True)]
)
def test_a_close_far_from_the_one_before_is_suspect(close: float, is_suspect: bool) -> None:
    verdict = verdict_of(candle(1, close=close), closes={0: 100.0})
    assert verdict.suspects == ((candle(1, close=close),) if is_suspect else ())
    assert verdict.accepted == (() if is_suspect else (candle(1, close=close),))


def test_one_that_jumps_does_not_make_its_followers_suspect() -> None:
    verdict = verdict_of(candle(0), candle(1, close=1000.0), candle(2))
    assert verdict.suspects == (candle(1, close=1000.0),)
    assert verdict.accepted == (candle(0), candle(2))


def test_the_very_first_candle_is_compared_with_its_whole_answer() -> None:
    verdict = verdict_of(candle(0, close=0.01), candle(1), candle(2))
    assert verdict.suspects == (candle(0, close=0.01),)
    assert verdict.accepted == (candle(1), candle(2))


def test_a_close_of_long_ago_says_nothing_about_a_jump() -> None:
    near = verdict_of(candle(LOOK_BACK, close=500.0), closes={0: 100.0})
    far = verdict_of(candle(LOOK_BACK + 1, close=500.0), closes={0: 100.0})
    assert (len(near.suspects), len(far.suspects)) == (1, 0)


def test_an_empty_answer_is_an_empty_verdict() -> None:
    assert verdict_of() == Verdict((), (), ())


def test_sources_agree_within_two_per_cent() -> None:
    assert agree(candle(0), candle(0, close=100.0 * (1 + AGREEMENT * 0.9)))
    assert not agree(candle(0), candle(0, close=100.0 * (1 + AGREEMENT * 1.1)))


numbers = st.floats(allow_nan=True, allow_infinity=True)
strange_candles = st.builds(
    Candle,
    symbol=st.just("BTC"),
    timestamp=st.integers(-200, 400).map(lambda halves: FIRST + timedelta(minutes=30 * halves)),
    open=numbers,
    high=numbers,
    low=numbers,
    close=numbers,
    volume=numbers,
    source=st.just("coinbase"),
)


@given(st.lists(strange_candles | st.floats(1.0, 1e6).map(lambda close: candle(1, close=close)), max_size=20))
def test_what_is_believed_is_always_possible_over_and_of_its_own_hour(candles: list[Candle]) -> None:
    verdict = verdict_of(*candles)
    hours = [one.timestamp for one in verdict.accepted]
    assert hours == sorted(set(hours))
    for one in (*verdict.accepted, *verdict.suspects):
        assert 0 < one.low <= one.close <= one.high < float("inf")
        assert one.timestamp.minute == 0
        assert one.timestamp + HOUR <= NOW
