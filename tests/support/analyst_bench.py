"""The analyst put together in the test's own process: a real database, and a model that can misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from prometheus_client import CollectorRegistry

from bentos.analyst.opening import Parts, put_together
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.storage.analyses import AnalysisKey
from bentos.analyst.wording import Language
from bentos.analyst.writer import Assignment
from bentos.core.database import close_engine, open_engine
from bentos.core.settings import DatabaseSettings
from tests.support.misbehaving_llm import MisbehavingLlm
from tests.support.tiny_analyst import PROMPT_VERSION, fill, tiny_prompts

_Result = TypeVar("_Result")


@asynccontextmanager
async def parts_of_analyst(
    database: DatabaseSettings, llm: MisbehavingLlm | None, **settings: object
) -> AsyncIterator[Parts]:
    """The parts of an analyst that asks this model; without one, it asks nobody."""
    chosen = AnalystSettings.model_validate(
        {"providers": ""} | settings if llm is None else {"openai_url": llm.url} | settings
    )
    async with put_together(tiny_prompts(), CollectorRegistry(), chosen, open_engine(database)) as parts:
        yield parts


def with_analyst(
    database: DatabaseSettings,
    llm: MisbehavingLlm | None,
    work: Callable[[Parts], Awaitable[_Result]],
    **settings: object,
) -> _Result:
    """Return what `work` makes of an analyst whose database has prices and news."""

    async def run() -> _Result:
        await fill(database)
        async with parts_of_analyst(database, llm, **settings) as parts:
            return await work(parts)

    return asyncio.run(run())


async def assignment(
    parts: Parts, symbol: str = "BTC", limit: int = 24, language: Language = "en"
) -> Assignment:
    """Return what is to be written about the stored prices."""
    edition = await parts.prices.edition(60.0)
    facts = edition.facts(symbol, limit)
    key = AnalysisKey(
        symbol=symbol,
        window=facts.window,
        facts_hash=facts.digest(),
        prompt_version=tiny_prompts().version,
        language=language,
    )
    return Assignment(key=key, facts=facts, headlines=(), language=language)


def sample(parts: Parts, name: str, **labels: str) -> float:
    """Return a number that Prometheus would be told; 0 if it is not told."""
    registry = parts.measures.registry
    return registry.get_sample_value(name, labels) or 0.0


def count_of_answers(parts: Parts, source: str, language: Language = "en") -> float:
    """Return how many answers of this kind were sent."""
    labels = {"source": source, "prompt_version": PROMPT_VERSION, "language": language}
    return sample(parts, "ekiben_analyst_answers_total", **labels)


async def asked(llm: MisbehavingLlm, count: int) -> None:
    """Return once the model was asked so often."""
    await until(lambda: len(llm.asked) >= count)


async def until(holds: Callable[[], bool]) -> None:
    """Return once it holds; for what happens in another thread or process."""
    for _ in range(6_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def break_table(database: DatabaseSettings, name: str) -> None:
    """Take a table away, as if it had never been made."""
    await run_sql(database, f"ALTER TABLE {name} RENAME TO gone_{name}")


async def mend_table(database: DatabaseSettings, name: str) -> None:
    """Give a table back."""
    await run_sql(database, f"ALTER TABLE gone_{name} RENAME TO {name}")


async def run_sql(database: DatabaseSettings, statement: str) -> None:
    """Change the database behind everybody's back."""
    engine = open_engine(database)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(statement)
    await close_engine(engine)
