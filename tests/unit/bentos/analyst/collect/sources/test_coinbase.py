"""The contract with Coinbase: what is asked, and how its recorded answer is read."""

from datetime import UTC, datetime

import pytest

from bentos.analyst.candles import Candle
from bentos.analyst.collect.http import SourceFailed
from bentos.analyst.collect.sources.base import HOUR
from bentos.analyst.collect.sources.coinbase import COINBASE
from tests.support.recorded_sources import recorded

SINCE = datetime(2026, 10, 31, 1, tzinfo=UTC)


def test_hours_are_asked_for_by_their_first_and_last_begin() -> None:
    path, params = COINBASE.ask("BTC", SINCE, SINCE + 3 * HOUR)
    assert path == "/products/BTC-USD/candles"
    assert params == {
        "granularity": "3600",
        "start": "2026-10-31T01:00:00+00:00",
        "end": "2026-10-31T03:00:00+00:00",
    }


def test_the_recorded_answer_is_read_field_for_field() -> None:
    candles = COINBASE.read(recorded("coinbase.json"), "BTC")
    assert len(candles) == 3
    assert candles[-1] == Candle(
        symbol="BTC",
        timestamp=datetime(2026, 10, 31, 1, tzinfo=UTC),
        open=83733.15,
        high=84002.0,
        low=83715.6,
        close=83950.44,
        volume=245.0,
        source="coinbase",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        recorded("coinbase.json")[:70],
        b'{"message":"NotFound"}',
        b"[[1793415600,1,2,3]]",
        b'[["soon",1,2,3,4,5]]',
        b"[[99999999999999999,1,2,3,4,5]]",
        b"[" * 100_000,
        b"<html>",
        b"\xff\xfe",
    ],
)
def test_anything_else_is_a_failure_of_the_source(body: bytes) -> None:
    with pytest.raises(SourceFailed, match="coinbase: bad_answer"):
        COINBASE.read(body, "BTC")
