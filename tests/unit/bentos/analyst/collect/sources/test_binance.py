"""The contract with Binance: what is asked, and how its recorded answer is read."""

from datetime import UTC, datetime

import pytest

from bentos.analyst.candles import Candle
from bentos.analyst.collect.http import SourceFailed
from bentos.analyst.collect.sources.base import HOUR
from bentos.analyst.collect.sources.binance import BINANCE
from tests.support.recorded_sources import recorded

SINCE = datetime(2026, 10, 31, 1, tzinfo=UTC)


def test_hours_are_asked_for_in_milliseconds_and_by_their_number() -> None:
    path, params = BINANCE.ask("BTC", SINCE, SINCE + 3 * HOUR)
    assert path == "/api/v3/klines"
    assert params == {
        "symbol": "BTCUSDT",
        "interval": "1h",
        "startTime": "1793408400000",
        "endTime": "1793419199999",
        "limit": "3",
    }


def test_the_recorded_answer_is_read_field_for_field() -> None:
    candles = BINANCE.read(recorded("binance.json"), "BTC")
    assert len(candles) == 3
    assert candles[0] == Candle(
        symbol="BTC",
        timestamp=SINCE,
        open=83738.0,
        high=84001.1,
        low=83718.25,
        close=83949.99,
        volume=512.22622,
        source="binance",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        recorded("binance.json")[:120],
        b'{"code":-1121,"msg":"Invalid symbol."}',
        b'[[1793408400000,"1","1","1","1","1"]]',
    ],
)
def test_anything_else_is_a_failure_of_the_source(body: bytes) -> None:
    with pytest.raises(SourceFailed, match="binance: bad_answer"):
        BINANCE.read(body, "BTC")
