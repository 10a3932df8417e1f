"""Texts that a language model wrote and that passed the checks."""

import contextlib
from collections.abc import Collection
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bentos.analyst.checks import CheckResult
from bentos.analyst.storage.statements import fetch, remove, upsert
from bentos.analyst.storage.tables import analyses
from bentos.core.database import write


class AnalysisKey(Struct, frozen=True, kw_only=True):
    """What a text depends on: other facts, another prompt or another language make another text."""

    symbol: str
    window: int
    """Closes that the facts are made of."""
    facts_hash: str
    prompt_version: str
    language: str

    def text(self) -> str:
        """Return it in one word, for claims and logs."""
        return f"{self.symbol}/{self.window}/{self.facts_hash}/{self.prompt_version}/{self.language}"


class StoredAnalysis(Struct, frozen=True, kw_only=True):
    """A text, who wrote it and when, and what the checks said about it."""

    text: str
    model: str
    provider: str
    created_at: datetime
    checks: tuple[CheckResult, ...]


class AnalysisStore:
    """Texts by key. Every method raises DatabaseUnavailable if the database is absent, slow or locked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, key: AnalysisKey) -> StoredAnalysis | None:
        """Return the text for exactly this key, or None.

        One that was judged by checks that this code does not have counts as none, and is written anew.
        """
        columns = [analyses.c[field] for field in StoredAnalysis.__struct_fields__]
        query = select(*columns).filter_by(**msgspec.structs.asdict(key))
        for row in await fetch(self._engine, query):
            with contextlib.suppress(msgspec.ValidationError):
                checks = msgspec.convert(row.checks, tuple[CheckResult, ...])
                return StoredAnalysis(**{**row._mapping, "checks": checks})
        return None

    async def save(self, key: AnalysisKey, analysis: StoredAnalysis) -> None:
        """Store the text; it replaces one with the same key."""
        row = {
            **msgspec.structs.asdict(key),
            **msgspec.structs.asdict(analysis),
            "checks": msgspec.to_builtins(analysis.checks),
        }

        async def store(connection: AsyncConnection) -> None:
            await upsert(connection, analyses, [row])

        await write(self._engine, store)

    async def windows(self, before: datetime) -> dict[str, list[int]]:
        """Return the windows, in closes, for which texts were written before a moment, by symbol."""
        query = select(analyses.c.symbol, analyses.c.window).where(analyses.c.created_at < before).distinct()
        found: dict[str, list[int]] = {}
        for symbol, window in await fetch(self._engine, query):
            found.setdefault(symbol, []).append(window)
        return found

    async def prune(self, symbol: str, before: datetime, current: Collection[str]) -> int:
        """Remove texts about a symbol that were written before a moment, except about facts with one of the
        `current` hashes; return how many."""
        of_symbol = and_(analyses.c.symbol == symbol, analyses.c.created_at < before)
        return await remove(self._engine, analyses, and_(of_symbol, analyses.c.facts_hash.not_in(current)))
