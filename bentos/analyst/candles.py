"""Prices over a span of time, as sources give them and stores keep them."""

from datetime import datetime

from msgspec import Struct

HISTORY = "history:"
"""Beginning of the source's name for prices out of an archive: they are never passed off as today's."""


class Candle(Struct, frozen=True, kw_only=True):
    """What one symbol did in one interval. `timestamp` is the interval's beginning, in UTC and aware of it;
    prices are in US dollars, `volume` in units of the symbol. `source` names who said so."""

    symbol: str
    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    source: str

    @property
    def is_historical(self) -> bool:
        """Whether it comes out of an archive."""
        return self.source.startswith(HISTORY)


class Headline(Struct, frozen=True, kw_only=True):
    """One piece of news. All of it was written by strangers: it is never trusted, only shown or quoted."""

    id: str
    title: str
    url: str
    source: str
    published_at: datetime
