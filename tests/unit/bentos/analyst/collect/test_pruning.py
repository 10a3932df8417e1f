"""What a run removes: what is old, and only where settings want it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.candles import Candle, Headline
from bentos.analyst.collect.pruning import Removed, prune
from bentos.analyst.facts import compute_facts
from bentos.analyst.settings import CollectSettings
from bentos.analyst.storage.analyses import AnalysisKey, AnalysisStore, StoredAnalysis
from bentos.analyst.storage.budget import Budget
from bentos.analyst.storage.claims import Claims
from bentos.analyst.storage.news import NewsStore
from bentos.analyst.storage.prices import PriceStore
from bentos.core.database import close_engine, open_engine
from bentos.core.settings import DatabaseSettings
from tests.support.candles import FIRST, HOUR, candle

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYTHING = ("prices", "news")
TEXT = StoredAnalysis(text="It rose.", model="m", provider="openai", created_at=NOW - 31 * DAY, checks=())

_Result = TypeVar("_Result")


def run(database: DatabaseSettings, work: Callable[[AsyncEngine], Awaitable[_Result]]) -> _Result:
    async def work_and_close() -> _Result:
        engine = open_engine(database)
        try:
            return await work(engine)
        finally:
            await close_engine(engine)

    return asyncio.run(work_and_close())


def headline(number: int, age: timedelta) -> Headline:
    return Headline(id=str(number), title="News", url="https://n.example", source="n", published_at=NOW - age)


def text_about(candles: list[Candle], language: str = "en") -> AnalysisKey:
    facts = compute_facts(candles)
    return AnalysisKey(
        symbol=facts.symbol,
        window=facts.window,
        facts_hash=facts.digest(),
        prompt_version="v1",
        language=language,
    )


async def fill(engine: AsyncEngine) -> None:
    """Store two of everything: one row that is old by any setting of these tests, and one that is new."""
    await PriceStore(engine).upsert([replace(candle(0), timestamp=NOW - age) for age in (500 * DAY, HOUR)])
    await NewsStore(engine).upsert([headline(1, 500 * DAY), headline(2, HOUR)])
    key = AnalysisKey(symbol="BTC", window=2, facts_hash="0", prompt_version="v1", language="en")
    await AnalysisStore(engine).save(key, TEXT)
    await AnalysisStore(engine).save(replace(key, facts_hash="1"), replace(TEXT, created_at=NOW))
    await Budget(engine, 10, 10, lambda: NOW - 500 * DAY).reserve(1, 1)
    await Budget(engine, 10, 10, lambda: NOW).reserve(1, 1)
    await Claims(engine).claim("over", -1.0)
    await Claims(engine).claim("held", 600.0)


@pytest.mark.parametrize(
    ("settings", "what", "removed"),
    [
        ({}, EVERYTHING, Removed(news=1, analyses=1, usage=1, claims=1)),
        ({"keep_prices_days": 400}, EVERYTHING, Removed(prices=1, news=1, analyses=1, usage=1, claims=1)),
        ({}, ("news",), Removed(news=1)),
        ({"keep_prices_days": 400}, ("prices",), Removed(prices=1, analyses=1, usage=1, claims=1)),
        ({"keep_news_days": 501}, ("news",), Removed()),
        (
            {"keep_news_days": 0, "keep_analyses_days": 0, "keep_usage_days": 0},
            EVERYTHING,
            Removed(claims=1),
        ),
        ({"keep_usage_days": 500, "keep_analyses_days": 32}, ("prices",), Removed(claims=1)),
    ],
)
def test_what_is_older_than_its_setting_is_removed(
    sqlite_settings: DatabaseSettings, settings: Mapping[str, int], what: tuple[str, ...], removed: Removed
) -> None:
    async def work(engine: AsyncEngine) -> tuple[Removed, Removed]:
        await fill(engine)
        chosen = CollectSettings.model_validate(settings)
        return await prune(engine, chosen, what, NOW), await prune(engine, chosen, what, NOW)

    assert run(sqlite_settings, work) == (removed, Removed())


def test_prices_that_the_next_run_would_fetch_again_stay(sqlite_settings: DatabaseSettings) -> None:
    candles = [replace(candle(0), timestamp=NOW - HOUR * hours) for hours in range(100, 0, -1)]

    async def work(engine: AsyncEngine) -> tuple[int, datetime]:
        await PriceStore(engine).upsert(candles)
        settings = CollectSettings(keep_prices_days=1, backfill_hours=48)
        removed = await prune(engine, settings, ["prices"], NOW)
        return removed.prices, (await PriceStore(engine).latest("BTC", 1000))[0].timestamp

    # A run asks for two days, and looks at one more.
    assert run(sqlite_settings, work) == (28, NOW - 72 * HOUR)


def test_texts_about_prices_as_they_are_now_stay_however_old_they_are(
    sqlite_settings: DatabaseSettings,
) -> None:
    archived = [candle(hour, close=100.0 + hour, source="history:example") for hour in range(10)]
    keys = [text_about(archived), text_about(archived[-5:]), text_about(archived[:5])]

    async def work(engine: AsyncEngine) -> list[bool]:
        await PriceStore(engine).upsert(archived)
        store = AnalysisStore(engine)
        for key in keys:
            await store.save(key, TEXT)
        await prune(engine, CollectSettings(), ["prices"], NOW)
        return [await store.find(key) is not None for key in keys]

    assert archived[0].timestamp == FIRST
    assert run(sqlite_settings, work) == [True, True, False]


def test_texts_about_a_symbol_whose_prices_are_gone_are_removed(sqlite_settings: DatabaseSettings) -> None:
    async def work(engine: AsyncEngine) -> int:
        await AnalysisStore(engine).save(text_about([candle(0), candle(1)]), TEXT)
        return (await prune(engine, CollectSettings(), ["prices"], NOW)).analyses

    assert run(sqlite_settings, work) == 1
