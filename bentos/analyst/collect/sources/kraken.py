"""Kraken: `GET /0/public/OHLC`, oldest first, in US dollars; the last 720 candles and no older ones.

https://docs.kraken.com/api-reference/market-data/get-ohlc-data
"""

from datetime import datetime

from msgspec import Struct

from bentos.analyst.candles import Candle
from bentos.analyst.collect.http import SourceFailed
from bentos.analyst.collect.sources.base import HOUR, PriceSource, decode, moment

_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
"""Symbols that have another name there."""

_Row = tuple[int, float, float, float, float, float, float, int]
"""Seconds since 1970, open, high, low, close, volume-weighted mean, volume, trades."""


class _Answer(Struct):
    error: list[str]
    result: dict[str, list[_Row] | int] = {}
    """The candles under the pair's own name, such as `XXBTZUSD`, and `last`, a number."""


def _ask(symbol: str, since: datetime, _until: datetime) -> tuple[str, dict[str, str]]:
    # What is asked for begins after `since`, not at it.
    begin = since - HOUR
    pair = f"{_NAMES.get(symbol, symbol)}USD"
    minutes = HOUR.total_seconds() / 60
    return "/0/public/OHLC", {"pair": pair, "interval": f"{minutes:.0f}", "since": f"{begin.timestamp():.0f}"}


def _read(body: bytes, symbol: str) -> list[Candle]:
    answer: _Answer = decode(body, _Answer, "kraken")
    # Failures come with status 200.
    if answer.error:
        raise SourceFailed("kraken", "refused", "; ".join(answer.error)[:200])
    rows = [row for value in answer.result.values() if isinstance(value, list) for row in value]
    return [
        Candle(
            symbol=symbol,
            timestamp=moment(seconds, "kraken"),
            open=first,
            high=high,
            low=low,
            close=last,
            volume=volume,
            source="kraken",
        )
        for seconds, first, high, low, last, _mean, volume, _trades in rows
    ]


KRAKEN = PriceSource(name="kraken", address="https://api.kraken.com", most_candles=720, ask=_ask, read=_read)
