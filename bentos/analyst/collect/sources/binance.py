"""Binance: `GET /api/v3/klines`, oldest first. Prices are in Tether, which is worth a US dollar within a per
cent or so: good enough as a last resort. The host serves public data only, and in more countries than the
exchange itself.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

from datetime import datetime
from typing import Any

from bentos.analyst.candles import Candle
from bentos.analyst.collect.sources.base import HOUR, PriceSource, decode, moment

_Row = tuple[int, float, float, float, float, float, int, float, int, float, float, Any]
"""Begin in milliseconds since 1970, open, high, low, close, volume, end in milliseconds, volume in Tether,
trades, two volumes of takers, and one that is not used."""


def _ask(symbol: str, since: datetime, until: datetime) -> tuple[str, dict[str, str]]:
    hours = (until - since) // HOUR
    return "/api/v3/klines", {
        "symbol": f"{symbol}USDT",
        "interval": "1h",
        "startTime": f"{since.timestamp() * 1000:.0f}",
        "endTime": f"{until.timestamp() * 1000 - 1:.0f}",
        "limit": str(hours),
    }


def _read(body: bytes, symbol: str) -> list[Candle]:
    rows: list[_Row] = decode(body, list[_Row], "binance")
    return [
        Candle(
            symbol=symbol,
            timestamp=moment(row[0], "binance", per_second=1000),
            open=row[1],
            high=row[2],
            low=row[3],
            close=row[4],
            volume=row[5],
            source="binance",
        )
        for row in rows
    ]


BINANCE = PriceSource(
    name="binance", address="https://data-api.binance.vision", most_candles=1000, ask=_ask, read=_read
)
