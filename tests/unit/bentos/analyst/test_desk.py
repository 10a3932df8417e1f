"""How long callers wait, and what they get then."""

import asyncio
import math

from bentos.analyst.desk import Desk, is_due
from bentos.analyst.opening import Parts
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import asked, with_analyst
from tests.support.misbehaving_llm import MisbehavingLlm

PATIENCE_SECONDS = 30.0


def now() -> float:
    return asyncio.get_running_loop().time()


def test_symbol_is_known_in_any_case_and_the_usual_one_is_meant_by_none(
    sqlite_settings: DatabaseSettings,
) -> None:
    async def work(parts: Parts) -> None:
        assert [parts.desk.name_symbol(name) for name in ("eth", "BTC-1d", "")] == ["ETH", "BTC-1D", "SOL"]

    with_analyst(sqlite_settings, None, work, symbol="SOL")


def test_question_quotes_the_latest_headlines(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        assert (await parts.desk.take("BTC", 24, "en")).assignment.headlines == ()
        await parts.news.renew()
        headlines = (await parts.desk.take("BTC", 24, "en")).assignment.headlines
        assert headlines == ("Headline 0", "Headline 1", "Headline 2")

    with_analyst(sqlite_settings, None, work)


def test_late_caller_waits_no_longer_than_the_first(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "hangs"

    async def work(parts: Parts) -> None:
        desk: Desk = parts.desk
        first = await desk.take("BTC", 24, "en")
        call = desk.begin(first)
        await asked(llm, 1)
        late = await desk.take("BTC", 24, "en")
        assert late.deadline > first.deadline
        assert desk.end_of_wait(late, desk.begin(late)) == call.began + PATIENCE_SECONDS

    with_analyst(sqlite_settings, llm, work, deadline_seconds=PATIENCE_SECONDS)


def test_answer_is_ready_until_a_better_one_is_due(sqlite_settings: DatabaseSettings) -> None:
    async def work(parts: Parts) -> None:
        desk: Desk = parts.desk
        assert desk.ready(("BTC", 24, "en")) is None
        question = await desk.take("BTC", 24, "en")
        assert desk.ready(("BTC", 24, "en")) is None
        answer = desk.answers.fallback(question.assignment.facts, "en")
        for retry_at, is_ready in ((math.inf, True), (now() + 60, True), (now(), False)):
            held = question.edition.answers["BTC", 24, "en"] = desk.answers.hold(answer, retry_at)
            assert is_due(held) is not is_ready
            assert (desk.ready(("BTC", 24, "en")) is held) is is_ready

    with_analyst(sqlite_settings, None, work)
