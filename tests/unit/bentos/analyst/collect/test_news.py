"""Runs against feeds on loopback, into a real database."""

import asyncio
from datetime import UTC, datetime

import pytest

from bentos.analyst.candles import Headline
from bentos.analyst.collect.http import Fetcher
from bentos.analyst.collect.news import NewsCollector, NewsRun
from bentos.analyst.settings import CollectSettings
from bentos.analyst.storage.news import NewsStore
from bentos.core.database import open_engine
from bentos.core.settings import DatabaseSettings
from tests.support.misbehaving_web import Answer, misbehaving_web
from tests.support.recorded_sources import recorded

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def collect(
    database: DatabaseSettings, settings: CollectSettings | str, now: datetime = NOW
) -> tuple[NewsRun, list[Headline]]:
    settings = CollectSettings(news=settings) if isinstance(settings, str) else settings

    async def work() -> tuple[NewsRun, list[Headline]]:
        engine = open_engine(database)
        try:
            store = NewsStore(engine)
            async with Fetcher(timeout_seconds=30.0, attempts=2) as fetcher:
                run = await NewsCollector(store, fetcher, settings, lambda: now).collect()
            return run, await store.latest(100)
        finally:
            await engine.dispose()

    return asyncio.run(work())


def test_headlines_of_all_feeds_are_stored_once(sqlite_settings: DatabaseSettings) -> None:
    with (
        misbehaving_web(Answer(recorded("coindesk.xml"))) as first,
        misbehaving_web(Answer(recorded("decrypt.xml"))) as second,
    ):
        named = f"coindesk={first.address}/rss,decrypt={second.address}/feed"
        run, stored = collect(sqlite_settings, named)
        assert (run.stored, run.sources, run.failed) == (3, {"coindesk": 2, "decrypt": 1}, {})
        again, after = collect(sqlite_settings, named)
    assert (again.stored, after) == (0, stored)
    assert [headline.source for headline in stored] == ["coindesk", "coindesk", "decrypt"]
    assert not run.is_empty


def test_news_that_would_be_removed_at_once_are_not_stored(sqlite_settings: DatabaseSettings) -> None:
    with misbehaving_web(Answer(recorded("coindesk.xml"))) as web:
        settings = CollectSettings(news=f"coindesk={web.address}", keep_news_days=1)
        day_later = datetime(2026, 11, 2, 10, tzinfo=UTC)
        run, stored = collect(sqlite_settings, settings, day_later)
    assert (run.stored, run.sources) == (1, {"coindesk": 2})
    assert [headline.published_at.minute for headline in stored] == [13]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (Answer(status=403), "refused: status 403"),
        (Answer(b"<html>robot?</html>"), "bad_answer: it is no feed"),
        (Answer(b'<!DOCTYPE rss [<!ENTITY x "y">]><rss version="2.0"/>'), "bad_answer: it declares entities"),
    ],
)
def test_a_feed_that_fails_is_left_out(
    sqlite_settings: DatabaseSettings, broken: Answer, reason: str
) -> None:
    with misbehaving_web(broken) as bad, misbehaving_web(Answer(recorded("decrypt.xml"))) as good:
        run, stored = collect(sqlite_settings, f"coindesk={bad.address},decrypt={good.address}")
    assert run.failed == {"coindesk": reason}
    assert (len(stored), run.is_empty) == (1, False)


def test_when_all_feeds_fail_the_run_is_empty(sqlite_settings: DatabaseSettings) -> None:
    with misbehaving_web(Answer(status=500)) as bad:
        run, stored = collect(sqlite_settings, f"coindesk={bad.address},cointelegraph={bad.address}")
    assert (run.is_empty, stored) == (True, [])


def test_without_feeds_there_is_nothing_to_do(sqlite_settings: DatabaseSettings) -> None:
    run, stored = collect(sqlite_settings, "")
    assert (run.is_empty, run.stored, stored) == (False, 0, [])
