"""Who does what, so that no two processes do the same thing at the same time."""

from uuid import uuid4

from sqlalchemy import ColumnElement, Double, delete, literal_column
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.storage.statements import change, insert_into, remove
from bentos.analyst.storage.tables import claims

NOW = {
    "postgresql": "cast(extract(epoch from clock_timestamp()) as double precision)",
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
}
"""Seconds since 1970. The database's clock decides: those of two machines may differ by more than a claim
lasts. The Julian date of 1970 is 2440587.5 (https://www.sqlite.org/lang_datefunc.html)."""


class Claims:
    """Claims of one holder, which is this object. Every method raises DatabaseUnavailable if the database is
    absent, slow or locked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._holder = uuid4().hex
        self._now: ColumnElement[float] = literal_column(NOW[engine.dialect.name], Double)

    async def claim(self, key: str, seconds: float) -> bool:
        """Take the key for so long; return whether it was free. One who has it already does not get it twice.

        A claim that nobody released is free after its time. If this raises DatabaseUnavailable, or is
        cancelled, the key may be taken until then.
        """
        statement = insert_into(claims, self._engine).values(
            key=key, holder=self._holder, expires_at=self._now + seconds
        )
        taking = statement.on_conflict_do_update(
            index_elements=[claims.c.key],
            set_={"holder": statement.excluded.holder, "expires_at": statement.excluded.expires_at},
            where=claims.c.expires_at <= self._now,
        )
        return await change(self._engine, taking) == 1

    async def release(self, key: str) -> None:
        """Give the key back. Nothing happens if this holder does not have it (any more)."""
        dropping = delete(claims).where(claims.c.key == key, claims.c.holder == self._holder)
        await change(self._engine, dropping)

    async def prune(self) -> int:
        """Remove claims that have ended and that nobody gave back; return how many. Anybody could take them
        anyway."""
        return await remove(self._engine, claims, claims.c.expires_at <= self._now)
