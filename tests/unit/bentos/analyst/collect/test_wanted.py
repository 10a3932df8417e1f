"""What is looked for, and when a second source is believed."""

from bentos.analyst.collect.wanted import WantedHours
from tests.support.candles import FIRST, HOUR, candle

NOW = FIRST + 5 * HOUR


def wanted_after(*stored: float, hours: int = 5) -> WantedHours:
    return WantedHours([candle(hour) for hour in stored], NOW, hours, jump_percent=30.0)


def test_what_the_store_lacks_is_wanted_and_the_last_one_that_it_has() -> None:
    assert wanted_after(0, 1, 3).left == {FIRST + HOUR * hour for hour in (2, 3, 4)}
    assert wanted_after().left == {FIRST + HOUR * hour for hour in range(5)}


def test_a_last_hour_of_long_ago_is_left_as_it_is() -> None:
    assert wanted_after(-20, hours=3).left == {FIRST + HOUR * hour for hour in (2, 3, 4)}


def test_what_was_found_is_not_wanted_any_more() -> None:
    wanted = wanted_after(0, 1, 2)
    assert wanted.take([candle(3), candle(4)], FIRST) == 2
    assert wanted.left == {FIRST + 2 * HOUR}
    assert (wanted.missing, wanted.newest) == (0, FIRST + 4 * HOUR)


def test_the_last_stored_hour_is_corrected() -> None:
    wanted = wanted_after(0, 1, 2, 3, 4)
    wanted.take([candle(4, close=101.0)], FIRST)
    assert wanted.found == {FIRST + 4 * HOUR: candle(4, close=101.0)}


def test_settled_hours_stay_as_they_are() -> None:
    wanted = wanted_after(0, 1, 2)
    wanted.take([candle(0, close=101.0), candle(3)], FIRST)
    wanted.take([candle(3, close=102.0, source="kraken")], FIRST)
    assert wanted.found == {FIRST + 3 * HOUR: candle(3)}


def test_what_lies_before_the_question_is_passed_over() -> None:
    wanted = wanted_after(0, 1, 2)
    assert wanted.take([candle(-50)], FIRST) == 0
    assert wanted.refused == {}


def test_a_jump_is_believed_when_a_second_source_says_the_same() -> None:
    wanted = wanted_after(0, 1, 2, 3)
    wanted.take([candle(4, close=200.0)], FIRST)
    assert (wanted.found, wanted.refused) == ({}, {"jump": 1})
    wanted.take([candle(4, close=201.0, source="kraken")], FIRST)
    assert wanted.found == {FIRST + 4 * HOUR: candle(4, close=200.0)}
    assert wanted.refused == {}


def test_a_source_does_not_confirm_itself() -> None:
    wanted = wanted_after(0, 1, 2, 3)
    for close in (200.0, 200.0, 201.0):
        wanted.take([candle(4, close=close)], FIRST)
    assert wanted.found == {}


def test_a_jump_that_a_second_source_contradicts_stays_refused() -> None:
    wanted = wanted_after(0, 1, 2, 3)
    wanted.take([candle(4, close=200.0)], FIRST)
    wanted.take([candle(4, close=100.5, source="kraken")], FIRST)
    assert wanted.found == {FIRST + 4 * HOUR: candle(4, close=100.5, source="kraken")}
    assert wanted.refused == {"jump": 1}


def test_two_different_jumps_are_settled_by_a_third_source() -> None:
    wanted = wanted_after(0, 1, 2, 3)
    wanted.take([candle(4, close=900.0)], FIRST)
    wanted.take([candle(4, close=200.0, source="kraken")], FIRST)
    wanted.take([candle(4, close=200.5, source="binance")], FIRST)
    assert wanted.found == {FIRST + 4 * HOUR: candle(4, close=200.0, source="kraken")}


def test_a_fault_that_is_seen_twice_counts_once() -> None:
    wanted = wanted_after(0, 1, 2)
    for _ in range(2):
        wanted.take([candle(3), candle(3, close=101.0)], FIRST)
    assert wanted.refused == {"duplicate": 1}
    assert wanted.missing == 2
