"""What callers get, in time whatever becomes of the language model."""

import asyncio

import pytest

from bentos.analyst.api import PriceAnalysis
from bentos.analyst.checks import have_passed
from bentos.analyst.facts import compute_facts
from bentos.analyst.fallback import fallback_text
from bentos.analyst.opening import Parts
from bentos.core.errors import DependencyUnavailable, UnknownResource
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import (
    asked,
    break_table,
    count_of_answers,
    parts_of_analyst,
    until,
    with_analyst,
)
from tests.support.misbehaving_llm import Behaviour, MisbehavingLlm
from tests.support.tiny_analyst import fill, tiny_candles

SHORT_SECONDS = 0.3
"""A deadline that a test can wait for."""


def test_first_answer_is_the_models_and_later_ones_come_from_memory(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        assert parts.analyst.ready("", 24, "fr") is None
        first = await parts.analyst.explain("", 24, "fr")
        assert (first.source, first.symbol, first.language, first.window) == ("llm", "BTC", "fr", 24)
        assert have_passed(first.checks)
        second = await parts.analyst.explain("btc", 24, "fr")
        assert second.source == "stored"
        assert second.analysis == first.analysis
        assert await parts.analyst.explain("BTC", 24, "fr") is second
        assert parts.analyst.ready("btc", 24, "fr") is second
        assert (count_of_answers(parts, "llm", "fr"), count_of_answers(parts, "stored", "fr")) == (1, 3)

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)
    assert len(llm.asked) == 1


def test_another_process_gets_the_stored_text(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    async def work(parts: Parts) -> None:
        await parts.analyst.explain("BTC", 24, "en")
        async with parts_of_analyst(sqlite_settings, llm, deadline_seconds=30) as other:
            assert (await other.analyst.explain("BTC", 24, "en")).source == "stored"

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)
    assert len(llm.asked) == 1


def test_window_is_what_there_is(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        assert (await parts.analyst.explain("BTC", 1000, "en")).window == 400

    with_analyst(sqlite_settings, None, work)


def test_many_at_once_share_one_call(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    async def work(parts: Parts) -> None:
        answers = await asyncio.gather(*(parts.analyst.explain("BTC", 24, "en") for _ in range(500)))
        assert {answer.source for answer in answers} == {"llm"}

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)
    assert len(llm.asked) == 1


def test_slow_model_is_not_waited_for_but_its_text_is_kept(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "slow"
    llm.slow_seconds = 3 * SHORT_SECONDS

    async def work(parts: Parts) -> None:
        answers = await asyncio.gather(*(parts.analyst.explain("BTC", 24, "en") for _ in range(20)))
        assert {answer.source for answer in answers} == {"fallback"}
        edition = parts.prices.current
        assert edition is not None
        late = await parts.analyst.explain("BTC", 24, "en")
        assert late.source == "fallback"
        await until(lambda: edition.answers["BTC", 24, "en"].answer.source == "stored")
        assert (await parts.analyst.explain("BTC", 24, "en")).source == "stored"
        assert count_of_answers(parts, "fallback") == 21

    with_analyst(sqlite_settings, llm, work, deadline_seconds=SHORT_SECONDS)
    assert len(llm.asked) == 1


def test_caller_who_leaves_does_not_stop_the_call(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "slow"

    async def work(parts: Parts) -> None:
        leaving = asyncio.create_task(parts.analyst.explain("BTC", 24, "en"))
        staying = asyncio.create_task(parts.analyst.explain("BTC", 24, "en"))
        await asked(llm, 1)
        leaving.cancel()
        assert (await staying).source == "llm"

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)
    assert len(llm.asked) == 1


@pytest.mark.parametrize(
    "behaviour", ["refused", "empty", "half_json", "wrong_schema", "wrong_facts", "injected", "huge"]
)
def test_useless_model_gives_the_deterministic_text(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, behaviour: Behaviour
) -> None:
    llm.behaviour = behaviour

    async def work(parts: Parts) -> PriceAnalysis:
        return await parts.analyst.explain("BTC", 24, "en")

    answer = with_analyst(sqlite_settings, llm, work, deadline_seconds=30)
    assert (answer.source, answer.model) == ("fallback", "")
    assert answer.analysis == fallback_text(compute_facts(tiny_candles(count=24)), "en")
    assert have_passed(answer.checks)


def test_model_that_is_back_is_asked_again_behind_callers(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm.behaviour = "refused"
    monkeypatch.setattr("bentos.analyst.calls.RETRY_SECONDS", {"provider": 0.05})

    async def work(parts: Parts) -> None:
        assert (await parts.analyst.explain("BTC", 24, "en")).source == "fallback"
        llm.behaviour = "well"
        await asyncio.sleep(0.1)
        assert (await parts.analyst.explain("BTC", 24, "en")).source == "fallback", "nobody waits"
        edition = parts.prices.current
        assert edition is not None
        await until(lambda: edition.answers["BTC", 24, "en"].answer.source == "stored")

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)


def test_unknown_symbol_is_refused_and_leaves_nothing_in_memory(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        for ask in (parts.analyst.explain, parts.analyst.stream):
            with pytest.raises(UnknownResource, match="DOGE"):
                await ask("doge", 24, "en")
        with pytest.raises(UnknownResource, match="DOGE"):
            await parts.analyst.history("doge", 24)
        assert parts.prices.current is not None
        assert parts.prices.current.answers == {}

    with_analyst(sqlite_settings, None, work)


def test_answers_in_memory_outlive_the_database_and_others_are_made_of_prices_in_memory(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        first = await parts.analyst.explain("BTC", 24, "en")
        for table in ("prices", "revisions", "analyses", "claims", "usage", "news"):
            await break_table(sqlite_settings, table)
        again = await parts.analyst.explain("BTC", 24, "en")
        assert (again.source, again.as_of) == ("stored", first.as_of)
        assert (await parts.analyst.explain("BTC", 30, "en")).source == "fallback"
        assert len(await parts.analyst.history("BTC", 5)) == 5

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)
    assert len(llm.asked) == 1, "without a database nobody knows what may be spent"


def test_nothing_in_memory_and_no_database_is_unavailable(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        for table in ("prices", "revisions", "news"):
            await break_table(sqlite_settings, table)
        for asking in (
            parts.analyst.explain("BTC", 24, "en"),
            parts.analyst.stream("BTC", 24, "en"),
            parts.analyst.history("BTC", 24),
            parts.analyst.latest_news(10),
        ):
            with pytest.raises(DependencyUnavailable):
                await asking

    with_analyst(sqlite_settings, None, work, deadline_seconds=30)


def test_history_is_told_oldest_first(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        points = await parts.analyst.history("", 3)
        assert [point.close for point in points] == [one.close for one in tiny_candles(count=3)]

    with_analyst(sqlite_settings, None, work)


def test_news_are_told_newest_first_and_none_are_not_found(sqlite_settings: DatabaseSettings) -> None:
    async def work() -> None:
        async with parts_of_analyst(sqlite_settings, None) as parts:
            with pytest.raises(UnknownResource, match="No news were collected yet"):
                await parts.analyst.latest_news(10)
            await fill(sqlite_settings)
            await parts.news.renew()
            assert [item.title for item in await parts.analyst.latest_news(2)] == ["Headline 0", "Headline 1"]

    asyncio.run(work())


def test_prepared_text_is_ready_before_anybody_asks(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        edition = await parts.prices.edition(60)
        for _ in range(2):
            await parts.analyst.prepare(edition, ("BTC", 24, "en"))
        assert (await parts.analyst.explain("BTC", 24, "en")).source == "stored"

    with_analyst(sqlite_settings, llm, work)
    assert len(llm.asked) == 1
