"""Calls under way, and what is kept of them."""

import asyncio
import math

import pytest

from bentos.analyst.calls import make_assignment, pause
from bentos.analyst.edition import Edition, Place
from bentos.analyst.opening import Parts
from bentos.analyst.writer import Reason
from bentos.core.errors import UnknownResource
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import asked, break_table, with_analyst
from tests.support.misbehaving_llm import MisbehavingLlm
from tests.support.tiny_analyst import PROMPT_VERSION, tiny_candles

EN: Place = ("BTC", 24, "en")


def edition(count: int = 24) -> Edition:
    return Edition("1", {"BTC": tiny_candles(count=count)})


def test_assignment_names_what_the_text_depends_on() -> None:
    found = make_assignment(edition(20), ("BTC", 24, "fr"), ("News",), "v1")
    facts = edition(20).facts("BTC", 24)
    assert (found.key.symbol, found.key.window, found.key.language) == ("BTC", 20, "fr")
    assert (found.key.facts_hash, found.key.prompt_version) == (facts.digest(), "v1")
    assert (found.facts, found.headlines, found.language) == (facts, ("News",), "fr")


def test_assignment_without_prices_is_refused() -> None:
    with pytest.raises(UnknownResource):
        make_assignment(edition(), ("ETH", 24, "en"), (), "v1")


@pytest.mark.parametrize(
    ("reason", "failures", "seconds"),
    [("provider", 1, 5), ("provider", 9, 5), ("checks", 1, 60), ("checks", 2, 120), ("checks", 99, 960)],
)
def test_pause_grows_with_failures_that_cost_something(reason: Reason, failures: int, seconds: float) -> None:
    assert pause(reason, failures) == seconds


def test_all_who_want_the_same_text_share_one_call(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        mine, theirs = edition(), edition()
        wider: Place = ("BTC", 25, "en")
        calls = [
            parts.calls.join(make_assignment(book, place, (), PROMPT_VERSION), book, place)
            for book, place in ((mine, EN), (mine, EN), (mine, wider), (theirs, EN))
        ]
        assert len(set(map(id, calls))) == 1
        answer = await calls[0].result(None)
        assert answer is not None
        assert answer.source == "llm"
        held = [mine.answers[EN], mine.answers[wider], theirs.answers[EN]]
        assert [one.answer.source for one in held] == ["stored"] * 3
        assert {one.retry_at for one in held} == {math.inf}

    with_analyst(sqlite_settings, llm, work)
    assert len(llm.asked) == 1


def test_whoever_stops_waiting_does_not_stop_the_call(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "slow"

    async def work(parts: Parts) -> None:
        book = edition()
        call = parts.calls.join(make_assignment(book, EN, (), PROMPT_VERSION), book, EN)
        waiting = asyncio.create_task(call.result(None))
        await asked(llm, 1)
        waiting.cancel()
        assert await call.result(0.0) is None
        assert await call.result(None) is not None
        assert book.answers[EN].answer.source == "stored"

    with_analyst(sqlite_settings, llm, work)


def test_failed_call_keeps_the_deterministic_text_for_a_while(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "refused"

    async def work(parts: Parts) -> None:
        book = edition()
        wanted = make_assignment(book, EN, (), PROMPT_VERSION)
        for failures in (1, 2):
            call = parts.calls.join(wanted, book, EN)
            if failures == 2:
                assert book.answers[EN].retry_at == math.inf, "nobody need try meanwhile"
            answer = await call.result(None)
            assert answer is not None
            assert answer.source == "fallback"
            now = asyncio.get_running_loop().time()
            assert 0 < book.answers[EN].retry_at - now <= pause("provider", failures)
            assert book.answers[EN].failures == failures

    with_analyst(sqlite_settings, llm, work)


def test_fault_of_ours_ends_in_the_deterministic_text(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(parts: Parts) -> None:
        async def fail(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(parts.writer, "obtain", fail)
        book = edition()
        call = parts.calls.join(make_assignment(book, EN, (), PROMPT_VERSION), book, EN)
        answer = await call.result(None)
        assert answer is not None
        assert answer.source == "fallback"

    with_analyst(sqlite_settings, None, work)


def test_end_cancels_calls_which_give_back_what_they_hold(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "hangs"

    async def work(parts: Parts) -> None:
        book = edition()
        wanted = make_assignment(book, EN, (), PROMPT_VERSION)
        call = parts.calls.join(wanted, book, EN)
        await asked(llm, 1)
        await parts.calls.close()
        assert call.task.cancelled()
        assert await call.result(None) is None
        assert await parts.claims.claim(wanted.key.text(), 1.0)
        await parts.calls.close()

    with_analyst(sqlite_settings, llm, work)


def test_end_is_not_held_up_by_a_database_that_is_gone(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "hangs"

    async def work(parts: Parts) -> None:
        book = edition()
        call = parts.calls.join(make_assignment(book, EN, (), PROMPT_VERSION), book, EN)
        await asked(llm, 1)
        await break_table(sqlite_settings, "claims")
        await break_table(sqlite_settings, "usage")
        await parts.calls.close()
        assert call.task.cancelled()

    with_analyst(sqlite_settings, llm, work)


def test_nobody_to_ask_is_final(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        book = edition()
        call = parts.calls.join(make_assignment(book, EN, (), PROMPT_VERSION), book, EN)
        answer = await call.result(None)
        assert answer is not None
        assert answer.source == "fallback"
        assert book.answers[EN].retry_at == math.inf
        assert (await parts.budget.used()).tokens == 0

    with_analyst(sqlite_settings, None, work)
