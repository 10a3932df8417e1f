"""Coinbase Exchange: `GET /products/BTC-USD/candles`, newest first, in US dollars.

https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles
"""

from datetime import datetime

from bentos.analyst.candles import Candle
from bentos.analyst.collect.sources.base import HOUR, PriceSource, decode, moment

_Row = tuple[int, float, float, float, float, float]
"""Seconds since 1970, low, high, open, close, volume."""


def _ask(symbol: str, since: datetime, until: datetime) -> tuple[str, dict[str, str]]:
    # Both ends are included, and a question for more than 300 candles is refused.
    return f"/products/{symbol}-USD/candles", {
        "granularity": f"{HOUR.total_seconds():.0f}",
        "start": since.isoformat(),
        "end": (until - HOUR).isoformat(),
    }


def _read(body: bytes, symbol: str) -> list[Candle]:
    rows: list[_Row] = decode(body, list[_Row], "coinbase")
    return [
        Candle(
            symbol=symbol,
            timestamp=moment(seconds, "coinbase"),
            open=first,
            high=high,
            low=low,
            close=last,
            volume=volume,
            source="coinbase",
        )
        for seconds, low, high, first, last, volume in rows
    ]


COINBASE = PriceSource(
    name="coinbase", address="https://api.exchange.coinbase.com", most_candles=300, ask=_ask, read=_read
)
