"""Puts the analyst together while the service lives, and takes it apart again."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.analyst import Analyst
from bentos.analyst.answers import Answers
from bentos.analyst.asking import Asking
from bentos.analyst.calls import Calls
from bentos.analyst.desk import Desk
from bentos.analyst.measures import MICROS, Measures
from bentos.analyst.observing import Observing
from bentos.analyst.predictor import AnalystPredictor
from bentos.analyst.prompts import PromptSet
from bentos.analyst.providers.chain import Chain
from bentos.analyst.providers.make import make_chain
from bentos.analyst.refresher import Refresher
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.shelves import NewsShelf, PriceShelf
from bentos.analyst.spending import Spending
from bentos.analyst.storage.analyses import AnalysisStore
from bentos.analyst.storage.budget import Budget
from bentos.analyst.storage.claims import Claims
from bentos.analyst.storage.news import NewsStore
from bentos.analyst.storage.prices import PriceStore
from bentos.analyst.writer import Writer
from bentos.core.database import close_engine, open_engine
from bentos.core.settings import DatabaseSettings, read_settings

TALKATIVE = ("httpx", "httpx2", "stamina")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the analyst consists of, beside its prompts."""

    measures: Measures
    chain: Chain
    claims: Claims
    budget: Budget
    analyses: AnalysisStore
    prices: PriceShelf
    news: NewsShelf
    writer: Writer
    calls: Calls
    desk: Desk
    analyst: Analyst
    refresher: Refresher


@asynccontextmanager
async def open_analyst(predictor: AnalystPredictor, registry: CollectorRegistry) -> AsyncIterator[None]:
    """Let the predictor answer for as long as this lasts. Asks neither the database nor a language model
    before: the service is ready without them.

    Raises SettingsError for a setting that makes no sense.
    """
    for name in TALKATIVE:
        # What they say about each request, our own line says with more facts.
        logging.getLogger(name).setLevel(logging.WARNING)
    settings = read_settings(AnalystSettings)
    engine = open_engine(read_settings(DatabaseSettings))
    async with put_together(predictor.prompts, registry, settings, engine) as parts:
        running = asyncio.create_task(parts.refresher.run())
        predictor.answer_with(parts.analyst)
        try:
            yield
        finally:
            predictor.answer_with(None)
            running.cancel()
            await asyncio.wait({running})


@asynccontextmanager
async def put_together(
    prompts: PromptSet, registry: CollectorRegistry, settings: AnalystSettings, engine: AsyncEngine
) -> AsyncIterator[Parts]:
    """Yield the parts. At the end they are closed in the reverse order of their making: calls under way are
    cancelled, and settle and release what they hold, before the database is let go."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(close_engine, engine)
        measures = Measures(registry)
        measures.tell_limits(settings.daily_tokens, settings.daily_cost_dollars)
        claims, analyses = Claims(engine), AnalysisStore(engine)
        budget = Budget(engine, settings.daily_tokens, round(settings.daily_cost_dollars * MICROS))
        spending = Spending(budget, settings)
        stack.push_async_callback(spending.close)
        chain = make_chain(settings, Observing(measures), spending)
        stack.push_async_callback(chain.close)
        asking = Asking(chain, settings.call_seconds)
        writer = Writer(prompts, analyses, claims, asking, measures, settings.call_seconds)
        answers = Answers(prompts, measures)
        calls = Calls(writer, answers)
        stack.push_async_callback(calls.close)
        prices, news = PriceShelf(PriceStore(engine)), NewsShelf(NewsStore(engine))
        stack.push_async_callback(prices.close)
        stack.push_async_callback(news.close)
        desk = Desk(prices, news, calls, answers, settings)
        analyst = Analyst(desk)
        refresher = Refresher(analyst, prices, news, claims, budget, measures, settings)
        stack.push_async_callback(refresher.close)
        yield Parts(
            measures=measures,
            chain=chain,
            claims=claims,
            budget=budget,
            analyses=analyses,
            prices=prices,
            news=news,
            writer=writer,
            calls=calls,
            desk=desk,
            analyst=analyst,
            refresher=refresher,
        )
