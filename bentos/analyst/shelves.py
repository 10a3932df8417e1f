"""Prices and news in memory, so that answers don't depend on the database."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from bentos.analyst.api import MOST_CLOSES
from bentos.analyst.candles import Headline
from bentos.analyst.edition import Edition
from bentos.analyst.shared_call import SharedCall
from bentos.analyst.storage.news import NewsStore
from bentos.analyst.storage.prices import PriceStore
from bentos.core.errors import DatabaseUnavailable, DependencyUnavailable

RETRY_AFTER_SECONDS = 5
"""What a caller is told to wait who asks for what only the database knows, and it is away."""

_Result = TypeVar("_Result")


class PriceShelf:
    """The latest edition of the prices. What was read once stays readable, whatever becomes of the
    database."""

    def __init__(self, prices: PriceStore) -> None:
        self._prices = prices
        self.current: Edition | None = None
        self.renew: SharedCall[Edition] = SharedCall(self._renew)
        """Look whether prices changed, and read them if so; returns the latest edition. Raises
        DatabaseUnavailable."""

    async def edition(self, within_seconds: float) -> Edition:
        """Return the latest edition. Raises DependencyUnavailable if none was read yet and none can be."""
        if self.current is None:
            return await read_within(self.renew, within_seconds, "prices")
        return self.current

    async def close(self) -> None:
        """Stop reading."""
        await self.renew.close()

    async def _renew(self) -> Edition:
        # The revision is read first: if prices change while they are read, the next look finds another one.
        revision = await self._prices.revision()
        if self.current is not None and self.current.revision == revision:
            return self.current
        symbols = await self._prices.symbols()
        candles = {symbol: await self._prices.latest(symbol, MOST_CLOSES) for symbol in symbols}
        edition = Edition(revision, candles)
        if self.current is not None:
            edition.adopt(self.current)
        self.current = edition
        return edition


class NewsShelf:
    """The latest news, newest first."""

    def __init__(self, news: NewsStore) -> None:
        self._news = news
        self.current: Sequence[Headline] | None = None
        self.renew: SharedCall[Sequence[Headline]] = SharedCall(self._renew)
        """Read the news. Raises DatabaseUnavailable."""

    async def latest(self, limit: int, within_seconds: float) -> Sequence[Headline]:
        """Return the latest news. Raises DependencyUnavailable if none were read yet and none can be."""
        if self.current is None:
            return (await read_within(self.renew, within_seconds, "news"))[:limit]
        return self.current[:limit]

    async def close(self) -> None:
        """Stop reading."""
        await self.renew.close()

    async def _renew(self) -> Sequence[Headline]:
        self.current = await self._news.latest(MOST_CLOSES)
        return self.current


async def read_within(reading: SharedCall[_Result], seconds: float, what: str) -> _Result:
    """Return what is read from the database. Raises DependencyUnavailable if it does not come in time."""
    try:
        return await asyncio.wait_for(reading(), seconds)
    except (DatabaseUnavailable, TimeoutError) as error:
        raise DependencyUnavailable(
            f"The database with the {what} does not answer, and none were read before.", RETRY_AFTER_SECONDS
        ) from error
