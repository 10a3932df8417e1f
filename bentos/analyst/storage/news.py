"""News that were collected."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bentos.analyst.candles import Headline
from bentos.analyst.storage.statements import fetch_structs, remove, upsert
from bentos.analyst.storage.tables import news
from bentos.core.database import write

WRITE_SECONDS = 10.0
"""Longest time of a transaction. A collector has more patience than a caller."""


class NewsStore:
    """Headlines. Every method raises DatabaseUnavailable if the database is absent, slow or locked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def latest(self, limit: int) -> list[Headline]:
        """Return the headlines that were published last, at most `limit`, newest first."""
        query = select(*(news.c[field] for field in Headline.__struct_fields__))
        newest_first = query.order_by(news.c.published_at.desc(), news.c.id.desc()).limit(limit)
        return await fetch_structs(self._engine, Headline, newest_first)

    async def upsert(self, headlines: Sequence[Headline]) -> int:
        """Store the headlines; the last one with the same id wins. Return how many rows were made or
        changed."""
        collected_at = datetime.now(UTC)
        rows = [
            {**msgspec.structs.asdict(headline), "collected_at": collected_at}
            for headline in sorted(headlines, key=lambda headline: headline.id)
        ]

        async def store(connection: AsyncConnection) -> int:
            return await upsert(connection, news, rows, keep=["collected_at"])

        return await write(self._engine, store, WRITE_SECONDS)

    async def prune(self, before: datetime) -> int:
        """Remove headlines that were published before a moment; return how many."""
        return await remove(self._engine, news, news.c.published_at < before)
