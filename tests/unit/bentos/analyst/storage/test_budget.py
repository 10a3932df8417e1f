from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.storage.budget import Budget, Usage, prune_usage
from tests.support.databases import Database
from tests.support.storage_race import CALLERS, DAILY_TOKENS, TOKENS, race, spend, spend_and_settle

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOON.date()


class Clock:
    """Shows what it is told."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def test_nothing_is_used_at_first(database: Database) -> None:
    async def look(engine: AsyncEngine) -> Usage:
        return await Budget(engine, 100, 100, Clock()).used()

    assert database.run(look) == Usage(day=TODAY, tokens=0, cost_micros=0)


def test_what_is_reserved_counts_as_used(database: Database) -> None:
    async def reserve(engine: AsyncEngine) -> Usage:
        budget = Budget(engine, 100, 100, Clock())
        assert await budget.reserve(40, 5)
        assert await budget.reserve(60, 6)
        return await budget.used()

    assert database.run(reserve) == Usage(day=TODAY, tokens=100, cost_micros=11)


@pytest.mark.parametrize(("tokens", "cost"), [(61, 0), (0, 61), (101, 0), (0, 101), (10**15, 10**15)])
def test_what_goes_beyond_the_budget_is_refused_and_not_counted(
    database: Database, tokens: int, cost: int
) -> None:
    async def reserve(engine: AsyncEngine) -> None:
        budget = Budget(engine, 100, 100, Clock())
        assert await budget.reserve(40, 40)
        assert not await budget.reserve(tokens, cost)
        assert await budget.used() == Usage(day=TODAY, tokens=40, cost_micros=40)
        assert await budget.reserve(60, 60)

    database.run(reserve)


@pytest.mark.parametrize(("tokens", "cost"), [(101, 0), (0, 101)])
def test_the_first_call_of_a_day_can_go_beyond_the_budget_too(
    database: Database, tokens: int, cost: int
) -> None:
    async def reserve(engine: AsyncEngine) -> bool:
        return await Budget(engine, 100, 100, Clock()).reserve(tokens, cost)

    assert not database.run(reserve)


def test_settling_leaves_what_was_used(database: Database) -> None:
    async def settle(engine: AsyncEngine) -> Usage:
        budget = Budget(engine, 100, 100, Clock())
        await budget.reserve(40, 4)
        await budget.reserve(60, 6)
        await budget.settle(60, 6, 25, 7)
        return await budget.used()

    assert database.run(settle) == Usage(day=TODAY, tokens=65, cost_micros=11)


def test_a_call_that_used_more_than_it_reserved_is_counted_in_full(database: Database) -> None:
    async def settle(engine: AsyncEngine) -> None:
        budget = Budget(engine, 100, 100, Clock())
        await budget.reserve(40, 4)
        await budget.settle(40, 4, 150, 5)
        assert await budget.used() == Usage(day=TODAY, tokens=150, cost_micros=5)
        assert not await budget.reserve(0, 0)

    database.run(settle)


def test_every_day_in_utc_has_a_budget_of_its_own(database: Database) -> None:
    # One minute to midnight in UTC, and long past it in Auckland.
    clock = Clock(datetime(2026, 11, 22, 23, 59, tzinfo=UTC).astimezone(timezone(timedelta(hours=13))))

    async def reserve(engine: AsyncEngine) -> None:
        budget = Budget(engine, 100, 100, clock)
        assert await budget.reserve(100, 0)
        assert (await budget.used()).day == date(2026, 11, 22)
        clock.now += timedelta(minutes=1)
        assert await budget.used() == Usage(day=date(2026, 11, 23), tokens=0, cost_micros=0)
        assert await budget.reserve(100, 0)
        assert not await budget.reserve(1, 0)

    database.run(reserve)


@pytest.mark.parametrize("reserved_tomorrow", [0, 30])
def test_a_call_over_midnight_never_gives_the_new_day_more_than_its_budget(
    database: Database, reserved_tomorrow: int
) -> None:
    clock = Clock()

    async def settle(engine: AsyncEngine) -> Usage:
        budget = Budget(engine, 100, 100, clock)
        await budget.reserve(50, 50)
        clock.now += timedelta(days=1)
        if reserved_tomorrow:
            await budget.reserve(reserved_tomorrow, reserved_tomorrow)
        await budget.settle(50, 50, 10, 10)
        return await budget.used()

    assert database.run(settle) == Usage(day=TODAY + timedelta(days=1), tokens=0, cost_micros=0)


def test_without_a_clock_of_its_own_today_is_today(database: Database) -> None:
    async def look(engine: AsyncEngine) -> tuple[date, date, date]:
        before = datetime.now(UTC).date()
        return before, (await Budget(engine, 1, 1).used()).day, datetime.now(UTC).date()

    before, day, after = database.run(look)
    assert before <= day <= after


def test_two_processes_spend_one_budget_to_the_last_call_and_no_further(database: Database) -> None:
    first, second = race(database.settings, spend)
    assert first + second == DAILY_TOKENS // TOKENS < 2 * CALLERS


def test_two_processes_that_settle_lose_nothing(database: Database) -> None:
    used = sum(race(database.settings, spend_and_settle))

    async def look(engine: AsyncEngine) -> Usage:
        return await Budget(engine, 1, 1, Clock()).used()

    assert database.run(look) == Usage(day=TODAY, tokens=used, cost_micros=2 * CALLERS)


def test_days_that_are_long_over_are_forgotten(database: Database) -> None:
    clock = Clock()

    async def prune(engine: AsyncEngine) -> None:
        budget = Budget(engine, 100, 100, clock)
        for day in range(3):
            clock.now = NOON + timedelta(days=day)
            await budget.reserve(7, 7)
        assert await prune_usage(engine, TODAY + timedelta(days=2)) == 2
        assert await prune_usage(engine, TODAY + timedelta(days=2)) == 0
        assert (await budget.used()).tokens == 7

    database.run(prune)
