"""What requests cost: reserved before each, settled after it, whatever became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest
import stamina

from bentos.analyst.providers.base import Completion, Failure, Prompt, ProviderFailed
from bentos.analyst.providers.chain import Chain, NoAnswer
from bentos.analyst.providers.resilience import Guarded, NotAsked
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.spending import Amount, BudgetSpent, Spending, estimate_tokens
from bentos.analyst.storage.budget import Budget
from bentos.core.database import close_engine, open_engine
from bentos.core.errors import DatabaseUnavailable
from bentos.core.settings import DatabaseSettings
from tests.support.scripted_provider import Notes, ScriptedProvider, Step

PROMPT = Prompt(system="s" * 60, user="é" * 20, most_tokens=30)
RESERVED = Amount(80, 8 * 50 + 30 * 3)
"""Of `PROMPT`: 50 tokens at eight dollars a million, 30 at three."""
USED = Amount(12, 8 * 5 + 3 * 7)
"""Of an answer that was written down for a test: 5 tokens of a prompt and 7 of its own."""
PRICES = {"prompt_dollars_per_million": 8.0, "completion_dollars_per_million": 3.0}
AMPLE_SECONDS = 60.0
NOTHING = Amount(0, 0)


def times(amount: Amount, number: int) -> Amount:
    return Amount(amount.tokens * number, amount.cost_micros * number)


def plus(one: Amount, other: Amount) -> Amount:
    return Amount(one.tokens + other.tokens, one.cost_micros + other.cost_micros)


class Purse:
    """A budget for one test, who spends it, and what was used whenever the provider was asked."""

    def __init__(self, database: DatabaseSettings, tokens: int = 1000, micros: int = 10_000) -> None:
        self.engine = open_engine(database)
        self.budget = Budget(self.engine, tokens, micros)
        self.spending = Spending(self.budget, AnalystSettings.model_validate(PRICES))

    async def used(self) -> Amount:
        used = await self.budget.used()
        return Amount(used.tokens, used.cost_micros)

    def chain(self, *providers: ScriptedProvider) -> Chain:
        settings = AnalystSettings(breaker_failures=100)
        return Chain([Guarded(provider, settings, Notes(), self.spending) for provider in providers])


class Watched(ScriptedProvider):
    """Remembers what was used whenever it was asked."""

    def __init__(self, purse: Purse, *steps: Step) -> None:
        super().__init__(steps)
        self._purse = purse
        self.seen: list[Amount] = []

    async def complete(self, prompt: Prompt) -> Completion:
        self.seen.append(await self._purse.used())
        return await super().complete(prompt)


def with_purse(
    database: DatabaseSettings,
    work: Callable[[Purse], Awaitable[None]],
    tokens: int = 1000,
    micros: int = 10_000,
) -> None:
    async def run() -> None:
        purse = Purse(database, tokens, micros)
        try:
            with stamina.set_testing(True, attempts=100, cap=True):
                await work(purse)
        finally:
            await purse.spending.close()
            await close_engine(purse.engine)

    asyncio.run(run())


def test_tokens_of_a_prompt_are_rather_overestimated() -> None:
    assert estimate_tokens(PROMPT) == 50


def test_what_an_answer_used_replaces_what_was_reserved(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        provider = Watched(purse, "It rose.")
        await purse.chain(provider).complete(PROMPT, AMPLE_SECONDS)
        assert provider.seen == [RESERVED]
        assert await purse.used() == USED

    with_purse(sqlite_settings, work)


@pytest.mark.parametrize(
    ("failure", "counted"),
    [
        ("connection", 0),
        ("server", 0),
        ("rate_limited", 0),
        ("refused", 0),
        ("timeout", 1),
        ("bad_answer", 1),
    ],
)
def test_failed_request_costs_what_it_may_have_cost(
    sqlite_settings: DatabaseSettings, failure: Failure, counted: int
) -> None:
    async def work(purse: Purse) -> None:
        with pytest.raises(ProviderFailed):
            async with purse.spending.request(PROMPT, 0):
                raise ProviderFailed("one", failure, "as a test wants it")
        assert await purse.used() == times(RESERVED, counted)

    with_purse(sqlite_settings, work)


def test_request_that_was_not_made_after_all_costs_nothing(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        with pytest.raises(NotAsked):
            async with purse.spending.request(PROMPT, 0):
                raise NotAsked("one", "busy")
        assert await purse.used() == NOTHING

    with_purse(sqlite_settings, work)


def test_every_try_is_reserved_for_by_itself(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        provider = Watched(purse, "timeout", "connection", "It rose.")
        await purse.chain(provider).complete(PROMPT, AMPLE_SECONDS)
        assert provider.seen == [RESERVED, times(RESERVED, 2), times(RESERVED, 2)]
        assert await purse.used() == plus(RESERVED, USED)

    with_purse(sqlite_settings, work)


def test_retry_that_the_budget_does_not_allow_is_not_made(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        provider = ScriptedProvider(["timeout", "It rose."])
        with pytest.raises(BudgetSpent):
            await purse.chain(provider).complete(PROMPT, AMPLE_SECONDS)
        assert provider.asked == 1
        assert await purse.used() == RESERVED

    with_purse(sqlite_settings, work, tokens=2 * RESERVED.tokens - 1)


def test_next_provider_is_not_asked_beyond_the_budget(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        first, second = ScriptedProvider(["bad_answer"]), ScriptedProvider(["It rose."], "second")
        with pytest.raises(BudgetSpent):
            await purse.chain(first, second).complete(PROMPT, AMPLE_SECONDS)
        assert (first.asked, second.asked) == (1, 0)

    with_purse(sqlite_settings, work, micros=2 * RESERVED.cost_micros - 1)


def test_thoughts_are_reserved_for(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        provider = Watched(purse, "It rose.")
        provider.thinking_tokens = 100
        await purse.chain(provider).complete(PROMPT, AMPLE_SECONDS)
        assert provider.seen == [plus(RESERVED, Amount(100, 300))]
        assert await purse.used() == USED

    with_purse(sqlite_settings, work)


@pytest.mark.parametrize(
    ("steps", "cost"),
    [
        (["It |rose.|It rose."], USED),
        (["It |timeout"], RESERVED),
        (["It |ends"], RESERVED),
        (["timeout", "It |It rose."], plus(RESERVED, USED)),
    ],
)
def test_stream_costs_what_its_tries_cost(
    sqlite_settings: DatabaseSettings, steps: list[Step], cost: Amount
) -> None:
    async def work(purse: Purse) -> None:
        try:
            async with aclosing(purse.chain(ScriptedProvider(steps)).stream(PROMPT, AMPLE_SECONDS)) as pieces:
                async for _ in pieces:
                    pass
        except NoAnswer:
            assert cost == RESERVED
        assert await purse.used() == cost

    with_purse(sqlite_settings, work)


@pytest.mark.parametrize(("read", "cost"), [(1, RESERVED), (2, USED)])
def test_stream_that_is_left_costs_all_until_its_answer_is_whole(
    sqlite_settings: DatabaseSettings, read: int, cost: Amount
) -> None:
    async def work(purse: Purse) -> None:
        chain = purse.chain(ScriptedProvider(["It |It rose."]))
        async with aclosing(chain.stream(PROMPT, AMPLE_SECONDS)) as pieces:
            for _ in range(read):
                await anext(pieces)
        assert await purse.used() == cost

    with_purse(sqlite_settings, work)


def test_cancelled_request_is_settled(sqlite_settings: DatabaseSettings) -> None:
    asked = asyncio.Event()

    class Announcing(ScriptedProvider):
        async def complete(self, prompt: Prompt) -> Completion:
            asked.set()
            return await super().complete(prompt)

    async def work(purse: Purse) -> None:
        task = asyncio.create_task(purse.chain(Announcing(["hangs"])).complete(PROMPT, AMPLE_SECONDS))
        await asked.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        await purse.spending.close()
        assert task.cancelled()
        assert await purse.used() == RESERVED

    with_purse(sqlite_settings, work)


@pytest.mark.parametrize(("tokens", "micros"), [(79, 10_000), (1000, 489)])
def test_nobody_is_asked_beyond_the_budget(
    sqlite_settings: DatabaseSettings, tokens: int, micros: int
) -> None:
    async def work(purse: Purse) -> None:
        provider = ScriptedProvider()
        with pytest.raises(BudgetSpent):
            await purse.chain(provider).complete(PROMPT, AMPLE_SECONDS)
        assert provider.asked == 0
        assert await purse.used() == NOTHING

    with_purse(sqlite_settings, work, tokens, micros)


def test_request_within_the_budget_to_the_last_token_is_made(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        provider = ScriptedProvider()
        await purse.chain(provider).complete(PROMPT, AMPLE_SECONDS)
        assert provider.asked == 1

    with_purse(sqlite_settings, work, 80, 490)


def test_nobody_is_asked_if_the_budget_is_not_known(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        provider = ScriptedProvider()
        with pytest.raises(DatabaseUnavailable):
            await purse.chain(provider).complete(PROMPT, AMPLE_SECONDS)
        assert provider.asked == 0

    absent = DatabaseSettings.model_validate(
        {"url": sqlite_settings.url.get_secret_value() + ".absent", "timeout_seconds": 60}
    )
    with_purse(absent, work)


def test_spent_budget_says_nothing_about_the_provider(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        notes, provider = Notes(), ScriptedProvider()
        settings = AnalystSettings(breaker_failures=1)
        chain = Chain([Guarded(provider, settings, notes, purse.spending)])
        for _ in range(2):
            with pytest.raises(BudgetSpent):
                await chain.complete(PROMPT, AMPLE_SECONDS)
        assert (notes.outcomes, notes.breakers) == ([], [("scripted", False)])

    with_purse(sqlite_settings, work, tokens=1)


def test_answer_counts_though_it_could_not_be_settled(sqlite_settings: DatabaseSettings) -> None:
    class Renaming(ScriptedProvider):
        async def complete(self, prompt: Prompt) -> Completion:
            async with purses[0].engine.begin() as connection:
                await connection.exec_driver_sql("ALTER TABLE usage RENAME TO elsewhere")
            return await super().complete(prompt)

    purses: list[Purse] = []

    async def work(purse: Purse) -> None:
        purses.append(purse)
        name, completion = await purse.chain(Renaming()).complete(PROMPT, AMPLE_SECONDS)
        assert (name, completion.prompt_tokens) == ("scripted", 5)

    with_purse(sqlite_settings, work)
