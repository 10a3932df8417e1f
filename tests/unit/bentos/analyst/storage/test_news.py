from datetime import UTC, datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.candles import Headline
from bentos.analyst.storage.news import NewsStore
from bentos.analyst.storage.statements import fetch
from bentos.analyst.storage.tables import news
from tests.support.databases import Database

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def make_headline(number: int = 0, title: str = "Bitcoin rises", minutes: int = 0) -> Headline:
    return Headline(
        id=f"id-{number}",
        title=title,
        url=f"https://news.example/{number}",
        source="example",
        published_at=START + timedelta(minutes=minutes),
    )


def test_the_newest_come_first(database: Database) -> None:
    headlines = [make_headline(number, minutes=-number) for number in range(4)]

    async def store(engine: AsyncEngine) -> list[Headline]:
        assert await NewsStore(engine).upsert(headlines[::-1]) == 4
        return await NewsStore(engine).latest(3)

    assert database.run(store) == headlines[:3]


def test_no_news_are_no_error(database: Database) -> None:
    async def look(engine: AsyncEngine) -> list[Headline]:
        assert await NewsStore(engine).upsert([]) == 0
        return await NewsStore(engine).latest(10)

    assert database.run(look) == []


def test_a_corrected_title_replaces_the_first_and_nothing_else_counts(database: Database) -> None:
    corrected = make_headline(1, title="Bitcoin falls")

    async def store(engine: AsyncEngine) -> list[Headline]:
        await NewsStore(engine).upsert([make_headline(0, minutes=1), make_headline(1)])
        assert await NewsStore(engine).upsert([make_headline(0, minutes=1), corrected]) == 1
        return await NewsStore(engine).latest(10)

    assert database.run(store) == [make_headline(0, minutes=1), corrected]


def test_the_moment_of_the_first_sight_stays(database: Database) -> None:
    async def store(engine: AsyncEngine) -> None:
        await NewsStore(engine).upsert([make_headline()])
        (first,) = await fetch(engine, select(news.c.collected_at))
        await NewsStore(engine).upsert([make_headline(title="Another")])
        (second,) = await fetch(engine, select(news.c.collected_at))
        assert first.collected_at == second.collected_at
        assert first.collected_at.tzinfo is UTC

    database.run(store)


def test_titles_that_no_database_can_keep_are_stored_readably(database: Database) -> None:
    hostile = "Robert'); DROP TABLE news; --\x00 50 % 🚀 \ud83d \u202e"

    async def store(engine: AsyncEngine) -> list[Headline]:
        await NewsStore(engine).upsert([make_headline(title=hostile)])
        return await NewsStore(engine).latest(10)

    readable = "Robert'); DROP TABLE news; --\ufffd 50 % 🚀 \ufffd \u202e"
    assert database.run(store) == [replace(make_headline(), title=readable)]


def test_only_what_is_older_is_removed_and_doing_it_twice_does_no_harm(database: Database) -> None:
    headlines = [make_headline(number, minutes=number) for number in range(4)]

    async def store(engine: AsyncEngine) -> list[Headline]:
        await NewsStore(engine).upsert(headlines)
        assert await NewsStore(engine).prune(headlines[2].published_at) == 2
        assert await NewsStore(engine).prune(headlines[2].published_at) == 0
        return await NewsStore(engine).latest(10)

    assert database.run(store) == [headlines[3], headlines[2]]
