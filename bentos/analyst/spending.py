"""What requests to language models may cost: reserved before each, settled after it whatever became of it."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from bentos.analyst.providers.base import Failure, Prompt, ProviderFailed
from bentos.analyst.providers.paying import Bill
from bentos.analyst.providers.resilience import NotAsked
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.storage.budget import Budget
from bentos.core.errors import DatabaseUnavailable
from bentos.core.loggers import get_logger

BYTES_PER_TOKEN = 2
"""Fewer than any usual tokenizer makes of English or French, so that seldom too little is reserved."""

_log = get_logger("ekiben.analyst")


class BudgetSpent(Exception):
    """Today's budget does not allow another request."""


class Amount(Struct, frozen=True):
    """Tokens, and what they cost in millionths of a US dollar."""

    tokens: int
    cost_micros: int


NOTHING = Amount(0, 0)
CUT_SHORT: frozenset[Failure] = frozenset({"timeout", "bad_answer"})
"""Failures of requests that a provider may have worked on without an answer that says what it cost."""


class Spending:
    """Pays for requests, a retry or not, out of the budget that all replicas share."""

    def __init__(self, budget: Budget, settings: AnalystSettings) -> None:
        self._budget = budget
        self._prompt_price = settings.prompt_dollars_per_million
        self._completion_price = settings.completion_dollars_per_million
        self._settling: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def request(self, prompt: Prompt, thinking_tokens: int) -> AsyncIterator[Bill]:
        """Let one request be made in this block, reserve before it what it can cost at most, and count after
        it what it did cost.

        One that was cut short, or cancelled, may have been worked on and billed, so all that was reserved is
        counted for it. Raises, before the block, BudgetSpent or DatabaseUnavailable.
        """
        reserved = self._most(prompt, thinking_tokens)
        if not await self._budget.reserve(reserved.tokens, reserved.cost_micros):
            raise BudgetSpent
        bill, used = Bill(), reserved
        try:
            yield bill
        except (ProviderFailed, NotAsked) as failed:
            used = reserved if isinstance(failed, ProviderFailed) and failed.failure in CUT_SHORT else NOTHING
            raise
        finally:
            if bill.answer is not None:
                used = self._amount(bill.answer.prompt_tokens, bill.answer.completion_tokens)
            await self._settle(reserved, used)

    async def close(self) -> None:
        """Wait until everything is settled."""
        if self._settling:
            await asyncio.wait(self._settling)

    def _most(self, prompt: Prompt, thinking_tokens: int) -> Amount:
        return self._amount(estimate_tokens(prompt), prompt.most_tokens + thinking_tokens)

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
            _log.warning("What a request used could not be settled", reason=str(error))


def estimate_tokens(prompt: Prompt) -> int:
    """Return about how many tokens a prompt has, rather too many than too few."""
    return math.ceil(len((prompt.system + prompt.user).encode()) / BYTES_PER_TOKEN)
