import asyncio
import time

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.storage.claims import Claims
from bentos.analyst.storage.statements import change, fetch
from bentos.analyst.storage.tables import claims
from tests.support.databases import Database
from tests.support.storage_race import KEYS, claim_many, claim_one, race


def test_a_key_has_one_holder_until_it_is_given_back(database: Database) -> None:
    async def claim(engine: AsyncEngine) -> None:
        first, second = Claims(engine), Claims(engine)
        assert await first.claim("BTC/24", 600)
        assert not await second.claim("BTC/24", 600)
        assert await second.claim("BTC/48", 600)
        await first.release("BTC/24")
        assert await second.claim("BTC/24", 600)

    database.run(claim)


def test_the_holder_does_not_get_it_twice(database: Database) -> None:
    async def claim(engine: AsyncEngine) -> list[bool]:
        claims = Claims(engine)
        return [await claims.claim("BTC/24", 600) for _ in range(2)]

    assert database.run(claim) == [True, False]


def test_nobody_gives_back_what_another_holds(database: Database) -> None:
    async def claim(engine: AsyncEngine) -> None:
        first, second = Claims(engine), Claims(engine)
        await first.claim("BTC/24", 600)
        await second.release("BTC/24")
        await second.release("never claimed")
        assert not await second.claim("BTC/24", 600)

    database.run(claim)


def test_a_claim_whose_time_is_over_can_be_taken(database: Database) -> None:
    async def claim(engine: AsyncEngine) -> None:
        first, second, third = Claims(engine), Claims(engine), Claims(engine)
        assert await first.claim("BTC/24", 0)
        assert await second.claim("BTC/24", 600)
        await first.release("BTC/24")
        assert not await third.claim("BTC/24", 600)

    database.run(claim)


def test_a_claim_lasts_as_long_as_was_asked_for(database: Database) -> None:
    async def claim(engine: AsyncEngine) -> None:
        before = time.time()
        await Claims(engine).claim("BTC/24", 600)
        (row,) = await fetch(engine, select(claims.c.expires_at))
        # One machine, one clock; SQLite's shows milliseconds.
        assert before + 600 - 0.01 <= row.expires_at <= time.time() + 600 + 0.01
        assert not await Claims(engine).claim("BTC/24", 0)
        assert await change(engine, update(claims).values(expires_at=time.time() - 0.01)) == 1
        assert await Claims(engine).claim("BTC/24", 0)

    database.run(claim)


def test_of_many_callers_exactly_one_gets_a_key(database: Database) -> None:
    async def claim(engine: AsyncEngine) -> list[bool]:
        return await asyncio.gather(*(Claims(engine).claim("BTC/24", 600) for _ in range(100)))

    assert sum(database.run(claim)) == 1


def test_of_the_callers_of_two_processes_exactly_one_gets_a_key(database: Database) -> None:
    assert sorted(race(database.settings, claim_one)) == [0, 1]


def test_two_processes_share_many_keys_and_none_twice(database: Database) -> None:
    first, second = race(database.settings, claim_many)
    assert sorted(first + second) == sorted(f"key-{number}" for number in range(KEYS))


def test_nothing_is_left_of_a_claim_that_was_given_back(database: Database) -> None:
    async def claim(engine: AsyncEngine) -> int:
        claimed = Claims(engine)
        await claimed.claim("BTC/24", 600)
        await claimed.release("BTC/24")
        (row,) = await fetch(engine, select(func.count()).select_from(claims))
        return int(row[0])

    assert database.run(claim) == 0


def test_claims_that_ended_are_removed_and_no_others(database: Database) -> None:
    async def prune(engine: AsyncEngine) -> None:
        holder = Claims(engine)
        assert await holder.claim("over", -1.0)
        assert await holder.claim("held", 600)
        assert await Claims(engine).prune() == 1
        assert await Claims(engine).prune() == 0
        rows = await fetch(engine, select(claims.c.key))
        assert [row.key for row in rows] == ["held"]

    database.run(prune)
