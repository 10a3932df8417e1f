"""What language models have cost today, over all processes together."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, case, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.storage.statements import change, fetch, insert_into, remove
from bentos.analyst.storage.tables import usage


class Usage(Struct, frozen=True, kw_only=True):
    """What was used on one day in UTC, calls under way included."""

    day: date
    tokens: int
    cost_micros: int
    """Millionths of a US dollar."""


def _now() -> datetime:
    return datetime.now(UTC)


class Budget:
    """Tokens and cost of a day in UTC. Every method raises DatabaseUnavailable if the database is absent,
    slow or locked.

    Before a call the most that it can use is reserved; after it, what it did use is settled. A call whose
    process died, or whose reservation got no answer from the database, stays counted with all of it.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        daily_tokens: int,
        daily_cost_micros: int,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._engine = engine
        self._daily_tokens = daily_tokens
        self._daily_cost_micros = daily_cost_micros
        self._clock = clock

    async def reserve(self, tokens: int, cost_micros: int) -> bool:
        """Count so much as used if today's budget allows it, else nothing; return whether it does."""
        if tokens > self._daily_tokens or cost_micros > self._daily_cost_micros:
            return False
        statement = insert_into(usage, self._engine).values(
            day=self._today(), tokens=tokens, cost_micros=cost_micros
        )
        all_tokens = usage.c.tokens + statement.excluded.tokens
        all_cost = usage.c.cost_micros + statement.excluded.cost_micros
        reserving = statement.on_conflict_do_update(
            index_elements=[usage.c.day],
            set_={"tokens": all_tokens, "cost_micros": all_cost},
            where=and_(all_tokens <= self._daily_tokens, all_cost <= self._daily_cost_micros),
        )
        return await change(self._engine, reserving) == 1

    async def settle(
        self, reserved_tokens: int, reserved_cost_micros: int, used_tokens: int, used_cost_micros: int
    ) -> None:
        """Replace what was reserved by what was used; more than was reserved is counted, too.

        A call that went on over midnight is settled on the new day, which never falls below nothing.
        """
        tokens, cost = used_tokens - reserved_tokens, used_cost_micros - reserved_cost_micros
        statement = insert_into(usage, self._engine).values(
            day=self._today(), tokens=max(tokens, 0), cost_micros=max(cost, 0)
        )
        settling = statement.on_conflict_do_update(
            index_elements=[usage.c.day],
            set_={
                "tokens": _at_least_nothing(usage.c.tokens + tokens),
                "cost_micros": _at_least_nothing(usage.c.cost_micros + cost),
            },
        )
        await change(self._engine, settling)

    async def used(self) -> Usage:
        """Return what was used today."""
        today = self._today()
        rows = await fetch(self._engine, select(usage).where(usage.c.day == today))
        return Usage(**rows[0]._mapping) if rows else Usage(day=today, tokens=0, cost_micros=0)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()


async def prune_usage(engine: AsyncEngine, before: date) -> int:
    """Forget what was used on days before this one, in UTC; return how many days. Raises
    DatabaseUnavailable."""
    return await remove(engine, usage, usage.c.day < before)


def _at_least_nothing(amount: ColumnElement[int]) -> ColumnElement[int]:
    return case((amount > 0, amount), else_=0)
