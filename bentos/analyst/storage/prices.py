"""Prices that were collected."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import uuid4

import msgspec
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bentos.analyst.candles import HISTORY, Candle
from bentos.analyst.storage.gaps import missing_spans
from bentos.analyst.storage.statements import fetch, fetch_structs, remove, upsert
from bentos.analyst.storage.tables import prices, revisions
from bentos.core.database import write

BATCH = 500
"""Candles of one transaction: few enough that nobody waits long for it."""
WRITE_SECONDS = 10.0
"""Longest time of one. A collector has more patience than a caller."""


class PriceStore:
    """Candles by symbol and time. Every method raises DatabaseUnavailable if the database is absent, slow or
    locked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def latest(self, symbol: str, limit: int) -> list[Candle]:
        """Return the last candles of the symbol, at most `limit`, in ascending order.

        All are of one kind: if the newest is live, older ones out of an archive are left out, because years
        may lie between the two.
        """
        columns = (prices.c[field] for field in Candle.__struct_fields__)
        of_symbol = select(*columns).where(prices.c.symbol == symbol)
        newest_first = of_symbol.order_by(prices.c.timestamp.desc()).limit(limit)
        candles = await fetch_structs(self._engine, Candle, newest_first)
        kind = bool(candles) and candles[0].is_historical
        return list(takewhile(lambda candle: candle.is_historical == kind, candles))[::-1]

    async def upsert(self, candles: Sequence[Candle]) -> int:
        """Store the candles; the last one with the same symbol and time wins. Return how many rows were made
        or changed.

        They are stored in batches. If the database goes away half-way, what was stored stays, and doing it
        all again is right.
        """
        # In the order of the key, two collectors never wait for each other in a circle.
        ordered = sorted(candles, key=lambda candle: (candle.symbol, candle.timestamp))
        changed = 0
        for start in range(0, len(ordered), BATCH):
            changed += await self._store(ordered[start : start + BATCH])
        return changed

    async def revision(self) -> str:
        """Return a word that is another one after every change of any price; empty before the first."""
        query = select(revisions.c.revision).where(revisions.c.name == prices.name)
        rows = await fetch(self._engine, query)
        return str(rows[0].revision) if rows else ""

    async def symbols(self) -> list[str]:
        """Return every symbol that has a price, in alphabetical order."""
        rows = await fetch(self._engine, select(prices.c.symbol).distinct())
        return sorted(row.symbol for row in rows)

    async def gaps(
        self, symbol: str, since: datetime, interval: timedelta
    ) -> list[tuple[datetime, datetime]]:
        """Return the spans from `since` on in which the symbol lacks candles: see `missing_spans`."""
        of_symbol = select(prices.c.timestamp).where(prices.c.symbol == symbol)
        ascending = of_symbol.where(prices.c.timestamp >= since).order_by(prices.c.timestamp)
        rows = await fetch(self._engine, ascending)
        return missing_spans((row.timestamp for row in rows), since, interval)

    async def prune(self, before: datetime) -> int:
        """Remove candles that began before a moment, but none out of an archive: those don't become more, and
        the next run would bring them back. Return how many."""
        doomed = and_(prices.c.timestamp < before, ~prices.c.source.startswith(HISTORY, autoescape=True))
        return await remove(self._engine, prices, doomed, _tell_change)

    async def _store(self, candles: Sequence[Candle]) -> int:
        rows = [msgspec.structs.asdict(candle) for candle in candles]

        async def store(connection: AsyncConnection) -> int:
            changed = await upsert(connection, prices, rows)
            await _tell_change(connection, changed)
            return changed

        return await write(self._engine, store, WRITE_SECONDS)


async def _tell_change(connection: AsyncConnection, changed: int) -> None:
    """Let the revision be another one, with the end of the transaction, if it changed any row."""
    if changed:
        await upsert(connection, revisions, [{"name": prices.name, "revision": uuid4().hex}])
