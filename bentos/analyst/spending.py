"""What calls to language models may cost: reserved before each, settled after it, whatever became of it."""

import asyncio
import math
from collections.abc import Awaitable, Callable

import structlog
from msgspec import Struct

from bentos.analyst.observing import OUTCOMES
from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.storage.budget import Budget
from bentos.core.errors import DatabaseUnavailable

BYTES_PER_TOKEN = 2
"""Fewer than any usual tokenizer makes of English or French, so that seldom too little is reserved."""

_log = structlog.get_logger("ekiben.analyst")


class BudgetSpent(Exception):
    """Today's budget does not allow another call."""


class Amount(Struct, frozen=True):
    """Tokens, and what they cost in millionths of a US dollar."""

    tokens: int
    cost_micros: int

    def plus(self, other: "Amount", times: int) -> "Amount":
        """Return the sum of this and so many of another."""
        return Amount(self.tokens + times * other.tokens, self.cost_micros + times * other.cost_micros)


NOTHING = Amount(0, 0)
CUT_SHORT = frozenset({"timeout", "bad_answer", "cancelled"})
"""How requests end that a provider may have worked on without an answer that says what it cost."""


class Spending:
    """Asks language models within the budget that all replicas share."""

    def __init__(self, budget: Budget, settings: AnalystSettings) -> None:
        self._budget = budget
        self._prompt_price = settings.prompt_dollars_per_million
        self._completion_price = settings.completion_dollars_per_million
        self._settling: set[asyncio.Task[None]] = set()

    async def ask(self, prompt: Prompt, call: Callable[[], Awaitable[Completion]]) -> Completion:
        """Return what `call` returns, and count what it used.

        A request that was cut short may have been worked on and billed, so as much is counted for each of
        these as was reserved. Raises BudgetSpent without calling, DatabaseUnavailable, or what `call` raises.
        """
        reserved = self._most(prompt)
        if not await self._budget.reserve(reserved.tokens, reserved.cost_micros):
            raise BudgetSpent
        outcomes: list[str] = []
        answered = NOTHING
        token = OUTCOMES.set(outcomes)
        try:
            completion = await call()
            answered = self._amount(completion.prompt_tokens, completion.completion_tokens)
        finally:
            OUTCOMES.reset(token)
            cut_short = sum(outcome in CUT_SHORT for outcome in outcomes)
            await self._settle(reserved, answered.plus(reserved, cut_short))
        return completion

    async def close(self) -> None:
        """Wait until everything is settled."""
        if self._settling:
            await asyncio.wait(self._settling)

    def _most(self, prompt: Prompt) -> Amount:
        return self._amount(estimate_tokens(prompt), prompt.most_tokens)

    def _amount(self, prompt_tokens: int, completion_tokens: int) -> Amount:
        """A price of a million tokens in dollars is one of a token in millionths of a dollar."""
        cost = prompt_tokens * self._prompt_price + completion_tokens * self._completion_price
        return Amount(prompt_tokens + completion_tokens, math.ceil(cost))

    async def _settle(self, reserved: Amount, used: Amount) -> None:
        """Settle in a task of its own: a caller who is cancelled a second time must not stop it."""
        task = asyncio.create_task(self._tell(reserved, used))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        await asyncio.shield(task)

    async def _tell(self, reserved: Amount, used: Amount) -> None:
        try:
            await self._budget.settle(reserved.tokens, reserved.cost_micros, used.tokens, used.cost_micros)
        except DatabaseUnavailable as error:
            # All that was reserved stays counted: too much rather than too little.
            _log.warning("What a call used could not be settled", reason=str(error))


def estimate_tokens(prompt: Prompt) -> int:
    """Return about how many tokens a prompt has, rather too many than too few."""
    return math.ceil(len((prompt.system + prompt.user).encode()) / BYTES_PER_TOKEN)
