"""Conversations with language models."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from prometheus_client import CollectorRegistry

from bentos.analyst.asking import Asking
from bentos.analyst.measures import Measures
from bentos.analyst.observing import Observing
from bentos.analyst.progress import Progress
from bentos.analyst.providers.base import Prompt
from bentos.analyst.providers.chain import Chain, NoAnswer
from bentos.analyst.providers.make import make_chain
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.spending import Spending
from bentos.analyst.storage.budget import Budget
from bentos.core.database import close_engine, open_engine
from bentos.core.settings import DatabaseSettings
from tests.support.misbehaving_llm import TRUE_TEXT, MisbehavingLlm

PROMPT = Prompt(system="Say.", user="What?")


@pytest.fixture(autouse=True)
def _short_answer(llm: MisbehavingLlm) -> None:
    llm.answer = lambda _asked: TRUE_TEXT


def with_asking(
    database: DatabaseSettings, llm: MisbehavingLlm, work: Callable[[Asking], Awaitable[None]]
) -> None:
    async def run() -> None:
        settings = AnalystSettings.model_validate({"openai_url": llm.url})
        engine = open_engine(database)
        spending = Spending(Budget(engine, 10_000, 10_000), settings)
        chain = make_chain(settings, Observing(Measures(CollectorRegistry())), spending)
        try:
            await work(Asking(chain, call_seconds=60.0))
        finally:
            await chain.close()
            await spending.close()
            await close_engine(engine)

    asyncio.run(run())


def test_answer_comes_with_the_name_of_who_gave_it(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(asking: Asking) -> None:
        conversation = asking.begin(None)
        completion = await conversation.ask(PROMPT)
        assert (completion.text, conversation.provider) == (TRUE_TEXT, "openai")

    with_asking(sqlite_settings, llm, work)
    assert [asked.is_stream for asked in llm.asked] == [False]


def test_first_answer_is_shown_as_it_comes_and_a_second_one_is_not(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    async def work(asking: Asking) -> None:
        progress = Progress()
        conversation = asking.begin(progress)
        completion = await conversation.ask(PROMPT)
        assert (progress.text, progress.is_over) == (TRUE_TEXT, True)
        assert (completion.text, conversation.provider) == (TRUE_TEXT, "openai")
        await conversation.ask(PROMPT)
        assert progress.text == TRUE_TEXT

    with_asking(sqlite_settings, llm, work)
    assert [asked.is_stream for asked in llm.asked] == [True, False]


def test_stream_that_breaks_is_no_answer_and_nothing_more_is_shown(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    llm.behaviour = "reset"

    async def work(asking: Asking) -> None:
        progress = Progress()
        with pytest.raises(NoAnswer):
            await asking.begin(progress).ask(PROMPT)
        assert (progress.text, progress.is_over) == ("The ", True)

    with_asking(sqlite_settings, llm, work)


def test_stream_that_ends_without_the_whole_answer_is_none(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def only_pieces(*_: object) -> AsyncIterator[str]:
        yield "The "

    async def work(asking: Asking) -> None:
        monkeypatch.setattr(Chain, "stream", only_pieces)
        with pytest.raises(NoAnswer, match="a stream ended without its end"):
            await asking.begin(Progress()).ask(PROMPT)

    with_asking(sqlite_settings, llm, work)
