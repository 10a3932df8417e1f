"""How a text comes to be, once for all replicas."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from bentos.analyst.checks import have_passed
from bentos.analyst.opening import Parts
from bentos.analyst.progress import Progress
from bentos.analyst.storage.analyses import StoredAnalysis
from bentos.analyst.writer import MOST_CALLS, Refused, Written
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import asked, assignment, break_table, parts_of_analyst, sample, with_analyst
from tests.support.misbehaving_llm import Behaviour, MisbehavingLlm
from tests.support.tiny_analyst import fill

PATIENCE_SECONDS = 60.0


def test_text_is_written_checked_and_stored(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    async def work(parts: Parts) -> None:
        wanted = await assignment(parts, language="fr")
        written = await parts.writer.obtain(wanted)
        assert isinstance(written, Written)
        assert (written.source, written.model) == ("llm", "smollm2-135m")
        assert have_passed(written.checks)
        stored = await parts.analyses.find(wanted.key)
        assert stored is not None
        assert (stored.text, stored.provider) == (written.text, "openai")
        assert await parts.writer.obtain(wanted) == msgspec.structs.replace(written, source="stored")
        assert await parts.claims.claim(wanted.key.text(), 1.0), "the claim was not released"

    with_analyst(sqlite_settings, llm, work)
    assert len(llm.asked) == 1


def test_headlines_reach_the_model_cleaned(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    async def work(parts: Parts) -> None:
        wanted = msgspec.structs.replace(await assignment(parts), headlines=("<b>Bitcoin</b> news",))
        await parts.writer.obtain(wanted)

    with_analyst(sqlite_settings, llm, work)
    assert "- Bitcoin news" in llm.asked[0].body["messages"][-1]["content"]


def test_failed_text_gets_one_more_try_with_the_reason(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.next = ["wrong_facts"]

    async def work(parts: Parts) -> None:
        written = await parts.writer.obtain(await assignment(parts))
        assert isinstance(written, Written)
        labels = {"check": "advice", "provider": "openai", "prompt_version": "tiny", "language": "en"}
        assert sample(parts, "ekiben_analyst_checks_failed_total", **labels) == 1

    with_analyst(sqlite_settings, llm, work)
    assert ["Wrong:" in asked.body["messages"][-1]["content"] for asked in llm.asked] == [False, True]


@pytest.mark.parametrize("behaviour", ["wrong_facts", "injected"])
def test_text_that_fails_twice_is_not_tried_again_by_anybody_for_a_while(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, behaviour: Behaviour
) -> None:
    llm.behaviour = behaviour

    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        assert await parts.writer.obtain(wanted) == Refused("checks")
        assert not await parts.claims.claim(wanted.key.text(), 1.0)
        assert await parts.analyses.find(wanted.key) is None

    with_analyst(sqlite_settings, llm, work)
    assert len(llm.asked) == 2


@pytest.mark.parametrize("behaviour", ["refused", "empty", "half_json"])
def test_provider_that_gives_nothing_is_a_reason_and_the_claim_is_released(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, behaviour: Behaviour
) -> None:
    llm.behaviour = behaviour

    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        assert await parts.writer.obtain(wanted) == Refused("provider")
        assert await parts.claims.claim(wanted.key.text(), 1.0)

    with_analyst(sqlite_settings, llm, work)


def test_call_that_takes_too_long_is_given_up(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    llm.behaviour = "hangs"

    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        assert await parts.writer.obtain(wanted) == Refused("provider")
        assert (await parts.budget.used()).tokens > 0, "who knows whether it will be billed"

    with_analyst(sqlite_settings, llm, work, call_seconds=0.7)


def test_nobody_is_asked_beyond_the_budget(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        assert await parts.writer.obtain(wanted) == Refused("budget")
        assert await parts.claims.claim(wanted.key.text(), 1.0)

    with_analyst(sqlite_settings, llm, work, daily_tokens=50)
    assert llm.asked == []


def test_nobody_is_asked_without_a_database(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        await break_table(sqlite_settings, "claims")
        assert await parts.writer.obtain(wanted) == Refused("store")

    with_analyst(sqlite_settings, llm, work)
    assert llm.asked == []


def test_text_that_can_not_be_stored_is_given_all_the_same(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        llm.behaviour = "slow"
        llm.slow_seconds = 0.3
        obtaining = asyncio.create_task(parts.writer.obtain(wanted))
        await asked(llm, 1)
        await break_table(sqlite_settings, "analyses")
        written = await obtaining
        assert isinstance(written, Written)
        assert written.source == "llm"

    with_analyst(sqlite_settings, llm, work)


def test_two_replicas_have_it_written_once(sqlite_settings: DatabaseSettings, llm: MisbehavingLlm) -> None:
    llm.behaviour = "slow"

    async def work() -> Sequence[Written | Refused]:
        await fill(sqlite_settings)
        async with (
            parts_of_analyst(sqlite_settings, llm) as one,
            parts_of_analyst(sqlite_settings, llm) as other,
        ):
            wanted = await assignment(one)
            return await asyncio.gather(one.writer.obtain(wanted), other.writer.obtain(wanted))

    written = asyncio.run(work())
    sources = sorted(one.source for one in written if isinstance(one, Written))
    assert sources == ["llm", "stored"]
    assert len(llm.asked) == 1


def test_replica_does_not_wait_for_another_one_for_ever(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        async with parts_of_analyst(sqlite_settings, llm) as other:
            assert await other.claims.claim(wanted.key.text(), PATIENCE_SECONDS)
            assert await parts.writer.obtain(wanted) == Refused("busy")

    with_analyst(sqlite_settings, llm, work, call_seconds=0.5)
    assert llm.asked == []


def test_cancelled_call_releases_its_claim_and_settles_its_budget(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "hangs"

    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        obtaining = asyncio.create_task(parts.writer.obtain(wanted))
        await asked(llm, 1)
        reserved = (await parts.budget.used()).tokens
        obtaining.cancel()
        await asyncio.wait({obtaining})
        assert obtaining.cancelled()
        assert await parts.claims.claim(wanted.key.text(), 1.0)
        assert (await parts.budget.used()).tokens == reserved > 0

    with_analyst(sqlite_settings, llm, work)


def test_only_so_many_texts_are_written_at_once(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "hangs"

    async def work(parts: Parts) -> None:
        tasks = [
            asyncio.create_task(parts.writer.obtain(await assignment(parts, limit=2 + number)))
            for number in range(MOST_CALLS + 1)
        ]
        done, under_way = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result() for task in done] == [Refused("busy")]
        for task in under_way:
            task.cancel()
        await asyncio.wait(under_way)

    with_analyst(sqlite_settings, llm, work)


def test_stored_text_that_fails_todays_checks_is_written_anew(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        bad = StoredAnalysis(
            text="Buy now.", model="m", provider="p", created_at=datetime.now(UTC), checks=()
        )
        await parts.analyses.save(wanted.key, bad)
        written = await parts.writer.obtain(wanted)
        assert isinstance(written, Written)
        assert written.source == "llm"
        stored = await parts.analyses.find(wanted.key)
        assert stored is not None
        assert stored.text == written.text

    with_analyst(sqlite_settings, llm, work)


def test_progress_is_shown_while_it_is_written(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(parts: Parts) -> None:
        progress = Progress()
        written = await parts.writer.obtain(await assignment(parts), progress)
        assert isinstance(written, Written)
        assert progress.text == written.text

    with_analyst(sqlite_settings, llm, work)


def test_text_that_was_stored_just_before_the_claim_is_taken(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(parts: Parts) -> None:
        wanted = await assignment(parts)
        claim = parts.claims.claim

        async def let_another_one_write_first(key: str, seconds: float) -> bool:
            monkeypatch.setattr(parts.claims, "claim", claim)
            await parts.writer.obtain(wanted)
            return await claim(key, seconds)

        monkeypatch.setattr(parts.claims, "claim", let_another_one_write_first)
        written = await parts.writer.obtain(wanted)
        assert isinstance(written, Written)
        assert written.source == "stored"

    with_analyst(sqlite_settings, llm, work)
    assert len(llm.asked) == 1
