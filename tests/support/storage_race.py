"""Processes that do the same thing in one database at the same moment."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.candles import Candle
from bentos.analyst.storage.budget import Budget
from bentos.analyst.storage.claims import Claims
from bentos.analyst.storage.prices import PriceStore
from bentos.core.database import close_engine, open_engine
from bentos.core.settings import DatabaseSettings
from tests.support.postgres import PATIENCE_SECONDS

_Result = TypeVar("_Result")
Task = Callable[[AsyncEngine], Coroutine[Any, Any, _Result]]

MANY_CALLERS = 250
CALLERS = 100
"""In each process."""
KEYS = 20
DAILY_TOKENS = 400
TOKENS = 3
CANDLES = 200
DAY = datetime(2026, 11, 22, tzinfo=UTC)

_starts: list[Barrier] = []
"""In a process of a race: what all of them wait at."""


async def claim_one(engine: AsyncEngine) -> int:
    """Let all callers want one key; return how many got it."""
    claims = Claims(engine)
    return sum(await asyncio.gather(*(claims.claim("one", 600) for _ in range(MANY_CALLERS))))


async def claim_many(engine: AsyncEngine) -> list[str]:
    """Let callers want every key several times; return the keys that they got."""
    claims = Claims(engine)
    keys = [f"key-{number % KEYS}" for number in range(CALLERS)]
    taken = await asyncio.gather(*(claims.claim(key, 600) for key in keys))
    return [key for key, is_mine in zip(keys, taken, strict=True) if is_mine]


async def spend(engine: AsyncEngine) -> int:
    """Let all callers reserve; return how many could."""
    budget = Budget(engine, DAILY_TOKENS, 0, lambda: DAY)
    return sum(await asyncio.gather(*(budget.reserve(TOKENS, 0) for _ in range(CALLERS))))


async def spend_and_settle(engine: AsyncEngine) -> int:
    """Reserve and settle in turns; return what was used."""
    budget = Budget(engine, 10**9, 10**9, lambda: DAY)

    async def call(used: int) -> int:
        assert await budget.reserve(100, 50)
        await budget.settle(100, 50, used, 1)
        return used

    return sum(await asyncio.gather(*(call(used) for used in range(CALLERS))))


async def collect(engine: AsyncEngine) -> int:
    """Store the same candles at the same time, each process in an order of its own."""
    candles = [
        Candle(
            symbol=f"S{number % 7}",
            timestamp=DAY + timedelta(hours=number),
            open=1,
            high=1,
            low=1,
            close=os.getpid(),
            volume=0,
            source="race",
        )
        for number in range(CANDLES)
    ]
    store = PriceStore(engine)
    orders = (candles, candles[::-1], candles[::2] + candles[1::2])
    return sum(await asyncio.gather(*(store.upsert(order) for order in orders)))


def race(settings: DatabaseSettings, task: Task[_Result], processes: int = 2) -> list[_Result]:
    """Run the task in so many processes at once; return what each of them says, or raise what one raises."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    start = context.Barrier(processes)
    with ProcessPoolExecutor(processes, context, _enter, (start,)) as pool:
        url = settings.url.get_secret_value()
        return [future.result() for future in [pool.submit(_run, task, url) for _ in range(processes)]]


def _enter(start: Barrier) -> None:
    _starts.append(start)


def _run(task: Task[_Result], url: str) -> _Result:
    settings = DatabaseSettings.model_validate({"url": url, "timeout_seconds": PATIENCE_SECONDS})

    async def run() -> _Result:
        engine = open_engine(settings)
        try:
            await PriceStore(engine).revision()
            _starts[-1].wait(PATIENCE_SECONDS)
            return await task(engine)
        finally:
            await close_engine(engine)

    return asyncio.run(run())
