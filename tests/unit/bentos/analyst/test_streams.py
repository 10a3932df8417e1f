"""An answer told event by event."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bentos.analyst.api import Sentence, Verdict
from bentos.analyst.facts import Facts, compute_facts
from bentos.analyst.fallback import fallback_text
from bentos.analyst.opening import Parts
from bentos.core.settings import DatabaseSettings
from bentos.core.streaming import Event
from tests.support.analyst_bench import asked, count_of_answers, until, with_analyst
from tests.support.misbehaving_llm import Behaviour, MisbehavingLlm
from tests.support.tiny_analyst import tiny_candles, truthful

SHORT_SECONDS = 0.3
"""A deadline that a test can wait for."""


async def collect(stream: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in stream]


def verdict_of(events: list[Event]) -> Verdict:
    assert events[-1].name == "verdict"
    assert isinstance(events[-1].data, Verdict)
    return events[-1].data


def said(events: list[Event]) -> list[str]:
    return [event.data.text for event in events if isinstance(event.data, Sentence)]


def test_stream_tells_facts_then_sentences_then_the_verdict(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        for source in ("llm", "stored"):
            events = await collect(await parts.analyst.stream("BTC", 24, "en"))
            assert events[0].name == "facts"
            assert isinstance(events[0].data, Facts)
            verdict = verdict_of(events)
            assert (verdict.source, verdict.replaces) == (source, False)
            assert " ".join(said(events)) == verdict.analysis
            assert len(said(events)) == 2
        assert (count_of_answers(parts, "llm"), count_of_answers(parts, "stored")) == (1, 1)

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)
    assert [asked.is_stream for asked in llm.asked] == [True]


def test_stream_tells_the_first_sentence_before_the_model_has_ended(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "slow"
    llm.slow_seconds = 0.05

    async def work(parts: Parts) -> None:
        async for event in await parts.analyst.stream("BTC", 24, "en"):
            if event.name == "text":
                assert llm.under_way == 1
                break

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)


def test_untrue_stream_is_replaced_by_the_verdict(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    true = truthful()
    llm.answer = lambda asked: true(asked).split(". ")[0] + ". So buy now, and buy a lot."

    async def work(parts: Parts) -> None:
        events = await collect(await parts.analyst.stream("BTC", 24, "en"))
        verdict = verdict_of(events)
        assert (verdict.source, len(said(events))) == ("fallback", 2)
        assert "buy" not in " ".join(said(events))
        assert verdict.analysis == fallback_text(compute_facts(tiny_candles(count=24)), "en")

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)


def test_told_sentence_that_the_answer_does_not_have_is_replaced(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    facts = compute_facts(tiny_candles(count=24))
    move = {"rising": "rose", "falling": "fell", "stable": "was stable"}[facts.trend]
    llm.answer = lambda _asked: f"The price {move} over the period. Buy now, it is a chance."

    async def work(parts: Parts) -> None:
        events = await collect(await parts.analyst.stream("BTC", 24, "en"))
        verdict = verdict_of(events)
        assert said(events) == [f"The price {move} over the period."]
        assert (verdict.source, verdict.replaces) == ("fallback", True)

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)


@pytest.mark.parametrize("behaviour", ["hangs", "server_error", "stalls"])
def test_stream_of_a_model_that_says_nothing_ends_with_the_deterministic_text(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, behaviour: Behaviour
) -> None:
    llm.behaviour = behaviour

    async def work(parts: Parts) -> None:
        events = await collect(await parts.analyst.stream("BTC", 24, "en"))
        verdict = verdict_of(events)
        assert (verdict.source, verdict.replaces) == ("fallback", False)
        assert " ".join(said(events)) == verdict.analysis

    with_analyst(sqlite_settings, llm, work, deadline_seconds=SHORT_SECONDS)


def test_reader_who_leaves_does_not_stop_the_call(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "slow"
    llm.slow_seconds = 0.05

    async def work(parts: Parts) -> None:
        events = await parts.analyst.stream("BTC", 24, "en")
        assert (await anext(events)).name == "facts"
        reading = asyncio.ensure_future(anext(events))
        await asked(llm, 1)
        reading.cancel()
        edition = parts.prices.current
        assert edition is not None
        await until(lambda: ("BTC", 24, "en") in edition.answers)
        assert edition.answers["BTC", 24, "en"].answer.source == "stored"

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)


def test_stream_of_a_text_that_failed_looks_for_a_better_one_behind_the_caller(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm.behaviour = "refused"
    monkeypatch.setattr("bentos.analyst.calls.RETRY_SECONDS", {"provider": 0.0})

    async def work(parts: Parts) -> None:
        assert verdict_of(await collect(await parts.analyst.stream("BTC", 24, "en"))).source == "fallback"
        llm.behaviour = "well"
        assert verdict_of(await collect(await parts.analyst.stream("BTC", 24, "en"))).source == "fallback"
        edition = parts.prices.current
        assert edition is not None
        await until(lambda: edition.answers["BTC", 24, "en"].answer.source == "stored")

    with_analyst(sqlite_settings, llm, work, deadline_seconds=30)
