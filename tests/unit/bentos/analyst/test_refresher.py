"""What goes on in the background."""

import asyncio

import pytest

from bentos.analyst.candles import Candle
from bentos.analyst.edition import Edition
from bentos.analyst.opening import Parts
from bentos.analyst.refresher import PREPARE_KEY
from bentos.analyst.storage.prices import PriceStore
from bentos.core.database import close_engine, open_engine
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import (
    break_table,
    mend_table,
    parts_of_analyst,
    run_sql,
    sample,
    until,
    with_analyst,
)
from tests.support.candles import candle
from tests.support.misbehaving_llm import MisbehavingLlm
from tests.support.tiny_analyst import fill, tiny_candles

PATIENCE_SECONDS = 60.0
LABELS = {"symbol": "BTC", "historical": "false"}


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bentos.analyst.refresher.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("bentos.analyst.refresher.LOOKS_BETWEEN_NEWS", 2)


class Running:
    """A refresher at work for the time of a block."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._parts.refresher.run())

    async def __aexit__(self, *_: object) -> None:
        assert not self._task.done()
        self._task.cancel()
        await asyncio.wait({self._task})


async def store(settings: DatabaseSettings, candles: list[Candle]) -> None:
    engine = open_engine(settings)
    await PriceStore(engine).upsert(candles)
    await close_engine(engine)


def test_usual_texts_are_ready_soon_after_new_prices(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        async with Running(parts):
            await until(lambda: len(llm.asked) == 8 and llm.under_way == 0)
            for symbol in ("BTC", "ETH"):
                for language in ("en", "fr"):
                    answer = await parts.analyst.explain(symbol, 24, "fr" if language == "fr" else "en")
                    assert answer.source == "stored"
            await fill(sqlite_settings, scale=2.0, symbols=["ETH"])
            await until(lambda: len(llm.asked) == 12)

    with_analyst(sqlite_settings, llm, work, windows="24,48", deadline_seconds=30)


def test_texts_are_prepared_although_a_caller_read_the_prices_first(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        await parts.analyst.history("BTC", 2)
        async with Running(parts):
            await until(lambda: len(llm.asked) == 2 and llm.under_way == 0)

    with_analyst(sqlite_settings, llm, work, windows="24", languages="fr")


def test_texts_are_prepared_although_news_could_not_be_read_at_first(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        await break_table(sqlite_settings, "news")
        async with Running(parts):
            await until(lambda: len(llm.asked) == 2 and llm.under_way == 0)

    with_analyst(sqlite_settings, llm, work, windows="24", languages="fr")


def test_texts_that_can_not_be_claimed_are_left_to_callers(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work(parts: Parts) -> None:
        await break_table(sqlite_settings, "claims")
        async with Running(parts):
            await until(lambda: "Texts were not prepared" in capsys.readouterr().out)

    with_analyst(sqlite_settings, llm, work)
    assert llm.asked == []


def test_symbol_without_prices_any_more_is_forgotten(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        name = "ekiben_analyst_price_age_seconds"
        async with Running(parts):
            await until(lambda: parts.measures.registry.get_sample_value(name, LABELS) is not None)
            await run_sql(sqlite_settings, "DELETE FROM prices WHERE symbol = 'BTC'")
            await fill(sqlite_settings, scale=2.0, symbols=["ETH"])
            await until(lambda: parts.measures.registry.get_sample_value(name, LABELS) is None)

    with_analyst(sqlite_settings, None, work)


def test_one_replica_prepares_texts_and_the_others_leave_it_to_it(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        async with parts_of_analyst(sqlite_settings, llm) as other:
            assert await other.claims.claim(PREPARE_KEY, PATIENCE_SECONDS)
            async with Running(parts):
                await until(lambda: parts.prices.current is not None)
                await asyncio.sleep(0.2)

    with_analyst(sqlite_settings, llm, work)
    assert llm.asked == []


def test_end_releases_the_right_to_prepare(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    llm.behaviour = "hangs"

    async def work(parts: Parts) -> None:
        async with Running(parts):
            await until(lambda: len(llm.asked) == 1)
        await parts.refresher.close()
        await parts.calls.close()
        assert await parts.claims.claim(PREPARE_KEY, 1.0)

    with_analyst(sqlite_settings, llm, work)


def test_gauges_tell_age_gaps_news_and_budget(sqlite_settings: DatabaseSettings) -> None:
    async def work() -> None:
        await fill(sqlite_settings)
        await store(sqlite_settings, [candle(403, symbol="BTC"), candle(0, source="history:x", symbol="OLD")])
        await store(sqlite_settings, [candle(1, source="history:x", symbol="OLD")])
        async with parts_of_analyst(sqlite_settings, None) as parts:
            await parts.budget.reserve(120, 0)
            async with Running(parts):
                await until(lambda: sample(parts, "ekiben_analyst_budget_tokens_used") == 120)
                await until(lambda: sample(parts, "ekiben_analyst_price_gaps", symbol="BTC") == 3)
                old = {"symbol": "OLD", "historical": "true"}
                assert sample(parts, "ekiben_analyst_price_age_seconds", **old) > 0
                assert sample(parts, "ekiben_analyst_price_age_seconds", **LABELS) >= 0
                assert sample(parts, "ekiben_analyst_price_gaps", symbol="ETH") == 0
                assert sample(parts, "ekiben_analyst_news_age_seconds") > 0
                assert sample(parts, "ekiben_analyst_store_up") == 1

    asyncio.run(work())


def test_symbol_that_turns_from_historical_to_live_is_told_once(sqlite_settings: DatabaseSettings) -> None:
    async def work() -> None:
        await store(sqlite_settings, [candle(hour, source="history:x") for hour in range(3)])
        async with parts_of_analyst(sqlite_settings, None) as parts, Running(parts):
            name = "ekiben_analyst_price_age_seconds"
            old = {**LABELS, "historical": "true"}
            await until(lambda: parts.measures.registry.get_sample_value(name, old) is not None)
            await store(sqlite_settings, tiny_candles())
            await until(lambda: parts.measures.registry.get_sample_value(name, LABELS) is not None)
            assert parts.measures.registry.get_sample_value(name, old) is None

    asyncio.run(work())


def test_symbol_with_one_price_is_told_nothing_about(sqlite_settings: DatabaseSettings) -> None:
    async def work() -> None:
        await store(sqlite_settings, [candle(1)])
        async with parts_of_analyst(sqlite_settings, None) as parts, Running(parts):
            await until(lambda: sample(parts, "ekiben_analyst_store_up") == 1)
            await until(lambda: parts.prices.current is not None)
            name = "ekiben_analyst_price_age_seconds"
            assert parts.measures.registry.get_sample_value(name, LABELS) is None

    asyncio.run(work())


def test_database_that_goes_and_comes_is_told_and_survived(
    sqlite_settings: DatabaseSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work(parts: Parts) -> None:
        async with Running(parts):
            await until(lambda: sample(parts, "ekiben_analyst_store_up") == 1)
            before = parts.prices.current
            await break_table(sqlite_settings, "revisions")
            await until(lambda: sample(parts, "ekiben_analyst_store_up") == 0)
            assert parts.prices.current is before
            await mend_table(sqlite_settings, "revisions")
            await until(lambda: sample(parts, "ekiben_analyst_store_up") == 1)
            await fill(sqlite_settings, scale=2.0)
            await until(lambda: parts.prices.current is not before)

    with_analyst(sqlite_settings, None, work)
    told = capsys.readouterr().out
    assert told.count("The database does not answer; answers in memory go on") == 1
    assert told.count("The database answers again") == 1


def test_fault_of_ours_does_not_end_the_background(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(parts: Parts) -> None:
        faults = 0

        async def fail() -> Edition:
            nonlocal faults
            faults += 1
            raise ZeroDivisionError

        sound = parts.prices.renew
        monkeypatch.setattr(parts.prices, "renew", fail)
        async with Running(parts):
            await until(lambda: faults > 2)
            monkeypatch.setattr(parts.prices, "renew", sound)
            await until(lambda: parts.prices.current is not None)

    with_analyst(sqlite_settings, None, work)
