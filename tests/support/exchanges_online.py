"""Exchanges on loopback that have what they are given, and answer as the real ones do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from bentos.analyst.candles import Candle
from tests.support.candles import FIRST, HOUR, as_binance, as_coinbase, as_kraken, candle
from tests.support.misbehaving_web import Answer, MisbehavingWeb, Query, misbehaving_web

WRITERS = {"coinbase": as_coinbase, "kraken": as_kraken, "binance": as_binance}


@contextmanager
def exchange(name: str, candles: Sequence[Candle]) -> Iterator[MisbehavingWeb]:
    """Serve as the exchange of that name until the end of the block."""

    def tell(_path: str, _query: Query) -> Answer:
        return Answer(WRITERS[name](candles))

    with misbehaving_web(tell) as web:
        yield web


def every_hour(_path: str, query: Query) -> Answer:
    """Say, as Coinbase, that the price was 100 in every hour that is asked for."""
    since, last = (datetime.fromisoformat(query[name]) for name in ("start", "end"))
    hours = range((since - FIRST) // HOUR, (last - FIRST) // HOUR + 1)
    return Answer(as_coinbase([candle(hour) for hour in hours]))
