"""Candles for tests: plain, and as the sources write them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bentos.analyst.candles import Candle

HOUR = timedelta(hours=1)
FIRST = datetime(2026, 11, 1, 0, tzinfo=UTC)


def candle(hours: float, close: float = 100.0, source: str = "coinbase", symbol: str = "BTC") -> Candle:
    """Return a sound candle that begins so many hours after `FIRST`."""
    return Candle(
        symbol=symbol,
        timestamp=FIRST + HOUR * hours,
        open=close,
        high=close * 1.01,
        low=close * 0.99,
        close=close,
        volume=1.0,
        source=source,
    )


def as_coinbase(candles: Sequence[Candle]) -> bytes:
    """Return them as Coinbase answers: newest first."""
    rows = [
        [int(one.timestamp.timestamp()), one.low, one.high, one.open, one.close, one.volume]
        for one in candles
    ]
    return json.dumps(rows[::-1]).encode()


def as_kraken(candles: Sequence[Candle]) -> bytes:
    """Return them as Kraken answers."""
    rows = [
        [
            int(one.timestamp.timestamp()),
            *map(str, (one.open, one.high, one.low, one.close, one.close, one.volume)),
            9,
        ]
        for one in candles
    ]
    return json.dumps({"error": [], "result": {"XXBTZUSD": rows, "last": 0}}).encode()


def as_binance(candles: Sequence[Candle]) -> bytes:
    """Return them as Binance answers."""
    rows = [
        [
            int(one.timestamp.timestamp() * 1000),
            *map(str, (one.open, one.high, one.low, one.close, one.volume)),
            int((one.timestamp + HOUR).timestamp() * 1000) - 1,
            *("1", 9, "1", "1", "0"),
        ]
        for one in candles
    ]
    return json.dumps(rows).encode()
