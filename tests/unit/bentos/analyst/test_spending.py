"""What calls cost: reserved before, settled after, whatever became of them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bentos.analyst.observing import OUTCOMES
from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.providers.chain import NoAnswer
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.spending import Amount, BudgetSpent, Spending, estimate_tokens
from bentos.analyst.storage.budget import Budget
from bentos.core.database import close_engine, open_engine
from bentos.core.errors import DatabaseUnavailable
from bentos.core.settings import DatabaseSettings

PROMPT = Prompt(system="s" * 60, user="é" * 20, most_tokens=30)
RESERVED = Amount(80, 8 * 50 + 30 * 3)
"""Of `PROMPT`: 50 tokens at eight dollars a million, 30 at three."""
ANSWER = Completion(text="Yes.", model="m", prompt_tokens=10, completion_tokens=5)
PRICES = {"prompt_dollars_per_million": 8.0, "completion_dollars_per_million": 3.0}


class Purse:
    """A budget for one test, and who spends it."""

    def __init__(self, database: DatabaseSettings, tokens: int = 1000, micros: int = 1_000_000) -> None:
        self.engine = open_engine(database)
        self.budget = Budget(self.engine, tokens, micros)
        self.spending = Spending(self.budget, AnalystSettings.model_validate(PRICES))

    async def used(self) -> Amount:
        used = await self.budget.used()
        return Amount(used.tokens, used.cost_micros)


def with_purse(
    database: DatabaseSettings,
    work: Callable[[Purse], Awaitable[None]],
    tokens: int = 1000,
    micros: int = 10_000,
) -> None:
    async def run() -> None:
        purse = Purse(database, tokens, micros)
        try:
            await work(purse)
        finally:
            await purse.spending.close()
            await close_engine(purse.engine)

    asyncio.run(run())


def tell(*outcomes: str) -> None:
    """Say how requests ended, as the chain of providers does."""
    heard = OUTCOMES.get()
    assert heard is not None
    heard.extend(outcomes)


def test_tokens_of_a_prompt_are_rather_overestimated() -> None:
    assert estimate_tokens(PROMPT) == 50


def test_what_an_answer_used_replaces_what_was_reserved(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        async def call() -> Completion:
            assert await purse.used() == RESERVED
            tell("ok")
            return ANSWER

        assert await purse.spending.ask(PROMPT, call) == ANSWER
        assert await purse.used() == Amount(15, 8 * 10 + 3 * 5)

    with_purse(sqlite_settings, work)


@pytest.mark.parametrize(
    ("outcomes", "counted"),
    [
        ((), 0),
        (("connection", "server", "rate_limited", "refused"), 0),
        (("timeout",), 1),
        (("bad_answer",), 1),
        (("timeout", "connection", "timeout"), 2),
    ],
)
def test_failed_call_costs_what_requests_cut_short_may_have_cost(
    sqlite_settings: DatabaseSettings, outcomes: tuple[str, ...], counted: int
) -> None:
    async def work(purse: Purse) -> None:
        async def call() -> Completion:
            tell(*outcomes)
            raise NoAnswer(["x"])

        with pytest.raises(NoAnswer):
            await purse.spending.ask(PROMPT, call)
        assert await purse.used() == Amount(0, 0).plus(RESERVED, counted)

    with_purse(sqlite_settings, work)


def test_retried_call_costs_its_answer_and_the_request_that_was_cut_short(
    sqlite_settings: DatabaseSettings,
) -> None:
    async def work(purse: Purse) -> None:
        async def call() -> Completion:
            tell("timeout", "ok")
            return ANSWER

        await purse.spending.ask(PROMPT, call)
        assert await purse.used() == Amount(15, 95).plus(RESERVED, 1)

    with_purse(sqlite_settings, work)


def test_cancelled_call_is_settled(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        begun = asyncio.Event()

        async def call() -> Completion:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                tell("cancelled")
            return ANSWER

        task = asyncio.create_task(purse.spending.ask(PROMPT, call))
        await begun.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        await purse.spending.close()
        assert task.cancelled()
        assert await purse.used() == RESERVED

    with_purse(sqlite_settings, work)


@pytest.mark.parametrize(("tokens", "micros"), [(79, 10_000), (1000, 489)])
def test_nobody_is_called_beyond_the_budget(
    sqlite_settings: DatabaseSettings, tokens: int, micros: int
) -> None:
    async def work(purse: Purse) -> None:
        async def call() -> Completion:
            raise AssertionError("called")

        with pytest.raises(BudgetSpent):
            await purse.spending.ask(PROMPT, call)
        assert await purse.used() == Amount(0, 0)

    with_purse(sqlite_settings, work, tokens, micros)


def test_call_within_the_budget_to_the_last_token_is_made(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        async def call() -> Completion:
            return ANSWER

        assert await purse.spending.ask(PROMPT, call) == ANSWER

    with_purse(sqlite_settings, work, 80, 490)


def test_nobody_is_called_if_the_budget_is_not_known(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        async def call() -> Completion:
            raise AssertionError("called")

        with pytest.raises(DatabaseUnavailable):
            await purse.spending.ask(PROMPT, call)

    absent = DatabaseSettings.model_validate(
        {"url": sqlite_settings.url.get_secret_value() + ".absent", "timeout_seconds": 60}
    )
    with_purse(absent, work)


def test_answer_counts_though_it_could_not_be_settled(sqlite_settings: DatabaseSettings) -> None:
    async def work(purse: Purse) -> None:
        async def call() -> Completion:
            async with purse.engine.begin() as connection:
                await connection.exec_driver_sql("ALTER TABLE usage RENAME TO elsewhere")
            return ANSWER

        assert await purse.spending.ask(PROMPT, call) == ANSWER

    with_purse(sqlite_settings, work)
