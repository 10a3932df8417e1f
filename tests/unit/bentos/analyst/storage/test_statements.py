import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace
from psycopg.sql import SQL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bentos.analyst.candles import Candle, Headline
from bentos.analyst.storage import news, prices, statements, tables
from bentos.analyst.storage.analyses import AnalysisKey, AnalysisStore, StoredAnalysis
from bentos.analyst.storage.budget import Budget, prune_usage
from bentos.analyst.storage.claims import Claims
from bentos.analyst.storage.news import NewsStore
from bentos.analyst.storage.prices import PriceStore
from bentos.core.database import DatabaseUnavailable
from bentos.core.settings import DatabaseSettings
from tests.support.databases import Database, make_sqlite_settings
from tests.support.postgres import PostgresServer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANDLE = Candle(symbol="BTC", timestamp=NOW, open=1, high=1, low=1, close=1, volume=1, source="kraken")
HEADLINE = Headline(id="1", title="Title", url="https://news.example/1", source="example", published_at=NOW)
KEY = AnalysisKey(symbol="BTC", window=24, facts_hash="5f", prompt_version="v1", language="en")
ANALYSIS = StoredAnalysis(text="Text.", model="model", provider="openai", created_at=NOW, checks=())
SHORT_SECONDS = 0.3

Call = Callable[[AsyncEngine], Awaitable[Any]]

READING: Mapping[str, Call] = {
    "latest prices": lambda engine: PriceStore(engine).latest("BTC", 24),
    "revision": lambda engine: PriceStore(engine).revision(),
    "symbols": lambda engine: PriceStore(engine).symbols(),
    "gaps": lambda engine: PriceStore(engine).gaps("BTC", NOW, timedelta(hours=1)),
    "latest news": lambda engine: NewsStore(engine).latest(10),
    "find": lambda engine: AnalysisStore(engine).find(KEY),
    "windows": lambda engine: AnalysisStore(engine).windows(NOW),
    "used": lambda engine: Budget(engine, 1, 1).used(),
}
WRITING: Mapping[str, Call] = {
    "upsert prices": lambda engine: PriceStore(engine).upsert([CANDLE]),
    "upsert news": lambda engine: NewsStore(engine).upsert([HEADLINE]),
    "save": lambda engine: AnalysisStore(engine).save(KEY, ANALYSIS),
    "claim": lambda engine: Claims(engine).claim("key", 60),
    "release": lambda engine: Claims(engine).release("key"),
    "reserve": lambda engine: Budget(engine, 1, 1).reserve(1, 1),
    "settle": lambda engine: Budget(engine, 1, 1).settle(1, 1, 1, 1),
    "prune prices": lambda engine: PriceStore(engine).prune(NOW),
    "prune news": lambda engine: NewsStore(engine).prune(NOW),
    "prune texts": lambda engine: AnalysisStore(engine).prune("BTC", NOW, ()),
    "prune claims": lambda engine: Claims(engine).prune(),
    "prune days": lambda engine: prune_usage(engine, NOW.date()),
}
CALLS = {**READING, **WRITING}


async def gather(engine: AsyncEngine, calls: Mapping[str, Call]) -> dict[str, Any]:
    """Return what each call returns or raises, all of them at the same time."""
    found = await asyncio.gather(*(call(engine) for call in calls.values()), return_exceptions=True)
    return dict(zip(calls, found, strict=True))


def outcomes(settings: DatabaseSettings, calls: Mapping[str, Call] = CALLS) -> dict[str, Any]:
    """Do so with a new engine, where none waits for another's connection."""
    roomy = Database(settings.model_copy(update={"connections": len(calls)}))
    return roomy.run(lambda engine: gather(engine, calls))


def unavailable(found: Mapping[str, Any]) -> set[str]:
    return {name for name, outcome in found.items() if isinstance(outcome, DatabaseUnavailable)}


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Let somebody else hold a lock on every table."""
    if database.is_postgres:
        tables = SQL("LOCK TABLE prices, news, analyses, claims, usage, revisions IN ACCESS EXCLUSIVE MODE")
        with psycopg.connect(database.url) as connection:
            connection.execute(tables)
            yield
            connection.rollback()
    else:
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.rollback()


def test_a_locked_database_is_unavailable_and_works_again_afterwards(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who reads an SQLite file waits for nobody who writes it.
    waiting = CALLS if database.is_postgres else WRITING

    async def call_all(engine: AsyncEngine) -> dict[str, Any]:
        async with AsyncExitStack() as connected:
            # Afterwards they wait in the pool: what is short here is the patience with locks.
            for _ in range(5):
                await connected.enter_async_context(engine.connect())
        with locked(database):
            return await gather(engine, waiting)

    with monkeypatch.context() as patch:
        for module in (prices, news):
            # Collectors have more patience than callers.
            patch.setattr(module, "WRITE_SECONDS", SHORT_SECONDS)
        assert unavailable(database.run(call_all, SHORT_SECONDS)) == waiting.keys()
    assert unavailable(outcomes(database.settings)) == set()


def test_calls_go_on_by_themselves_when_the_lock_is_given_back(database: Database) -> None:
    async def call_all(engine: AsyncEngine) -> None:
        with locked(database):
            calls = [asyncio.ensure_future(call(engine)) for call in WRITING.values()]
            done, _ = await asyncio.wait(calls, timeout=0.2)
            assert not done
        await asyncio.gather(*calls)

    database.run(call_all)


def test_an_absent_server_is_unavailable(tmp_path: Path) -> None:
    nowhere = DatabaseSettings.model_validate({"url": f"postgresql://nobody@/nothing?host={tmp_path}"})
    assert unavailable(outcomes(nowhere)) == CALLS.keys()


def test_a_file_that_can_not_be_opened_is_unavailable(tmp_path: Path) -> None:
    assert unavailable(outcomes(make_sqlite_settings(tmp_path))) == CALLS.keys()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "ekiben.db"
    file.write_bytes(b"not a database " * 1000)
    assert unavailable(outcomes(make_sqlite_settings(file))) == CALLS.keys()


def test_a_database_without_tables_is_unavailable(postgres: PostgresServer, tmp_path: Path) -> None:
    name = postgres.new_database()
    for settings in (postgres.settings(name), make_sqlite_settings(tmp_path / "new.db")):
        assert unavailable(outcomes(settings)) == CALLS.keys()
    postgres.drop_database(name)


def test_connections_that_the_server_cut_are_replaced(postgres_settings: DatabaseSettings) -> None:
    database = Database(postgres_settings)

    async def look_twice(engine: AsyncEngine) -> str:
        await PriceStore(engine).upsert([CANDLE])
        with psycopg.connect(database.url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return await PriceStore(engine).revision()

    assert database.run(look_twice)


def make_headlines(count: int) -> list[Headline]:
    return [replace(HEADLINE, id=f"{number:05d}") for number in range(count)]


def test_many_rows_are_removed_in_several_transactions_and_never_more_than_allowed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "REMOVED_AT_ONCE", 10)
    monkeypatch.setattr(statements, "MOST_REMOVED", 30)
    batches: list[int] = []

    async def note(_connection: AsyncConnection, count: int) -> None:
        batches.append(count)

    async def prune(engine: AsyncEngine) -> tuple[int, int]:
        await NewsStore(engine).upsert(make_headlines(45))
        everything = tables.news.c.source == HEADLINE.source
        first = await statements.remove(engine, tables.news, everything, note)
        return first, await statements.remove(engine, tables.news, everything)

    assert database.run(prune) == (30, 15)
    assert batches == [10, 10, 10]


def test_two_who_remove_the_same_never_wait_for_each_other_in_a_circle(database: Database) -> None:
    async def prune(engine: AsyncEngine) -> tuple[int, list[Headline]]:
        await NewsStore(engine).upsert(make_headlines(1200))
        everything = tables.news.c.source == HEADLINE.source
        found = await asyncio.gather(*(statements.remove(engine, tables.news, everything) for _ in range(3)))
        rest = await statements.remove(engine, tables.news, everything)
        return sum(found) + rest, await NewsStore(engine).latest(1)

    assert database.run(prune) == (1200, [])
