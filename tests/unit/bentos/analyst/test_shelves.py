"""Prices and news in memory."""

import asyncio

import pytest

from bentos.analyst.opening import Parts
from bentos.core.errors import DatabaseUnavailable, DependencyUnavailable
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import break_table, mend_table, parts_of_analyst, with_analyst
from tests.support.tiny_analyst import CLOSES, SYMBOLS, fill, tiny_candles, tiny_headlines

PATIENCE_SECONDS = 60.0


def test_all_prices_are_read_when_the_first_one_asks(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        edition = await parts.prices.edition(PATIENCE_SECONDS)
        assert edition.symbols == SYMBOLS
        assert edition.candles("BTC", 1000) == tiny_candles()
        assert len(edition.candles("ETH", 1000)) == CLOSES

    with_analyst(sqlite_settings, None, work)


def test_many_who_ask_at_once_are_answered_by_one_reading(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        editions = await asyncio.gather(*(parts.prices.edition(PATIENCE_SECONDS) for _ in range(100)))
        assert len({id(edition) for edition in editions}) == 1

    with_analyst(sqlite_settings, None, work)


def test_same_prices_are_not_read_again_and_changed_ones_are(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        first = await parts.prices.renew()
        assert await parts.prices.renew() is first is parts.prices.current
        await fill(sqlite_settings, scale=2.0, symbols=["ETH"])
        second = await parts.prices.renew()
        assert second is parts.prices.current
        assert second.candles("ETH", 1) == tiny_candles("ETH", 1, scale=2.0)

    with_analyst(sqlite_settings, None, work)


def test_answers_about_other_symbols_outlive_a_change(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        for symbol in SYMBOLS:
            await parts.analyst.explain(symbol, 24, "en")
        await fill(sqlite_settings, scale=2.0, symbols=["ETH"])
        await parts.prices.renew()
        assert parts.prices.current is not None
        assert set(parts.prices.current.answers) == {("BTC", 24, "en")}

    with_analyst(sqlite_settings, None, work)


def test_prices_that_were_read_stay_readable_without_a_database(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        first = await parts.prices.edition(PATIENCE_SECONDS)
        news = await parts.news.latest(10, PATIENCE_SECONDS)
        for table in ("prices", "revisions", "news"):
            await break_table(sqlite_settings, table)
        with pytest.raises(DatabaseUnavailable):
            await parts.prices.renew()
        with pytest.raises(DatabaseUnavailable):
            await parts.news.renew()
        assert await parts.prices.edition(PATIENCE_SECONDS) is first
        assert await parts.news.latest(10, PATIENCE_SECONDS) == news == tiny_headlines()

    with_analyst(sqlite_settings, None, work)


def test_prices_and_news_that_nobody_read_are_not_available_without_a_database(
    sqlite_settings: DatabaseSettings,
) -> None:
    async def work(parts: Parts) -> None:
        for table in ("prices", "revisions", "news"):
            await break_table(sqlite_settings, table)
        with pytest.raises(DependencyUnavailable, match="The database with the prices") as refused:
            await parts.prices.edition(PATIENCE_SECONDS)
        assert dict(refused.value.headers)[b"retry-after"] == b"5"
        with pytest.raises(DependencyUnavailable, match="The database with the news"):
            await parts.news.latest(10, PATIENCE_SECONDS)
        for table in ("prices", "revisions", "news"):
            await mend_table(sqlite_settings, table)
        assert (await parts.prices.edition(PATIENCE_SECONDS)).symbols == SYMBOLS
        assert await parts.news.latest(1, PATIENCE_SECONDS) == tiny_headlines(1)

    with_analyst(sqlite_settings, None, work)


def test_nobody_waits_longer_than_given_for_a_database_that_hangs(sqlite_settings: DatabaseSettings) -> None:
    async def work() -> None:
        await fill(sqlite_settings)
        async with parts_of_analyst(sqlite_settings, None) as parts:
            with pytest.raises(DependencyUnavailable):
                await parts.prices.edition(0.0)
            assert (await parts.prices.edition(PATIENCE_SECONDS)).symbols == SYMBOLS

    asyncio.run(work())


def test_empty_database_has_no_symbols_and_no_news(sqlite_settings: DatabaseSettings) -> None:
    async def work() -> None:
        async with parts_of_analyst(sqlite_settings, None) as parts:
            assert (await parts.prices.edition(PATIENCE_SECONDS)).symbols == ()
            assert list(await parts.news.latest(10, PATIENCE_SECONDS)) == []

    asyncio.run(work())
