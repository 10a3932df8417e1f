"""What goes on in the background: new prices are noticed, usual texts made ready, gauges kept up to date."""

import asyncio
import itertools
import time

from bentos.analyst.analyst import Analyst
from bentos.analyst.edition import Edition, Place
from bentos.analyst.facts import Facts
from bentos.analyst.languages import read_languages
from bentos.analyst.measures import Measures
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.shelves import NewsShelf, PriceShelf
from bentos.analyst.storage.budget import Budget
from bentos.analyst.storage.claims import Claims
from bentos.core.errors import DatabaseUnavailable, UnknownResource
from bentos.core.loggers import get_logger

LOOK_SECONDS = 1.0
"""How often it is asked whether prices changed."""
LOOKS_BETWEEN_NEWS = 15
"""So many of these later, news and the budget are looked at again."""
RECENT_CLOSES = 168
"""Among so many of the latest closes, gaps are counted: a week of hours, which the collector repairs."""
PREPARE_KEY = "prepare"
"""Claimed by the replica that has texts written before anybody asks for them."""
PREPARE_SECONDS = 300.0

_log = get_logger("ekiben.analyst")


class Refresher:
    """Runs until it is cancelled. Nothing that goes wrong ends it."""

    def __init__(
        self,
        analyst: Analyst,
        prices: PriceShelf,
        news: NewsShelf,
        claims: Claims,
        budget: Budget,
        measures: Measures,
        settings: AnalystSettings,
    ) -> None:
        self._analyst = analyst
        self._prices = prices
        self._news = news
        self._claims = claims
        self._budget = budget
        self._measures = measures
        self._windows = [int(window) for window in settings.windows.split(",")]
        self._languages = read_languages(settings.languages)
        self._preparing: asyncio.Task[None] | None = None
        self._seen: Edition | None = None
        self._told: dict[str, bool] = {}
        self._is_up = True

    async def run(self) -> None:
        """Look again and again."""
        for number in itertools.count():
            try:
                await self._look(number)
            except Exception:
                _log.exception("Looking for new prices failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """Stop preparing texts."""
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.wait({self._preparing})

    async def _look(self, number: int) -> None:
        try:
            edition = await self._prices.renew()
            if number % LOOKS_BETWEEN_NEWS == 0:
                await self._look_around()
            self._tell_store(is_up=True)
        except DatabaseUnavailable as error:
            self._tell_store(is_up=False, reason=str(error))
            return
        # Who reads an edition first may be a caller, so what counts is which one was seen here.
        if edition is not self._seen:
            self._seen = edition
            self._tell_prices(edition)
            await self._begin_preparing(edition)

    async def _look_around(self) -> None:
        headlines = await self._news.renew()
        if headlines:
            self._measures.tell_news(headlines[0].published_at.timestamp())
        used = await self._budget.used()
        self._measures.tell_budget(used.tokens, used.cost_micros)

    def _tell_store(self, is_up: bool, reason: str = "") -> None:
        self._measures.store_up.set(float(is_up))
        if is_up and not self._is_up:
            _log.info("The database answers again")
        if not is_up and self._is_up:
            _log.warning("The database does not answer; answers in memory go on", reason=reason)
        self._is_up = is_up

    def _tell_prices(self, edition: Edition) -> None:
        for symbol in self._told.keys() - set(edition.symbols):
            self._measures.forget_prices(symbol, self._told.pop(symbol))
        for symbol in edition.symbols:
            facts = _recent_facts(edition, symbol)
            if facts is None:
                continue
            if self._told.get(symbol, facts.historical) != facts.historical:
                self._measures.forget_prices(symbol, self._told[symbol])
            self._told[symbol] = facts.historical
            self._measures.tell_prices(symbol, facts.historical, facts.as_of.timestamp(), facts.missing)

    async def _begin_preparing(self, edition: Edition) -> None:
        await self.close()
        self._preparing = asyncio.create_task(self._prepare(edition))

    async def _prepare(self, edition: Edition) -> None:
        """Have the usual texts written, unless another replica does: then they are in the store when somebody
        asks."""
        try:
            if not await self._claims.claim(PREPARE_KEY, PREPARE_SECONDS):
                return
            try:
                began = time.monotonic()
                places = self._places(edition)
                for place in places:
                    await self._analyst.prepare(edition, place)
                _log.info(
                    "Texts prepared",
                    texts=len(places),
                    duration_seconds=round(time.monotonic() - began, 3),
                )
            finally:
                await self._claims.release(PREPARE_KEY)
        except DatabaseUnavailable as error:
            _log.warning("Texts were not prepared", reason=str(error))

    def _places(self, edition: Edition) -> list[Place]:
        """Return the usual windows of every symbol that has prices enough for any text."""
        symbols = [symbol for symbol in edition.symbols if _recent_facts(edition, symbol) is not None]
        return [
            (symbol, window, language)
            for symbol in symbols
            for window in self._windows
            for language in self._languages
        ]


def _recent_facts(edition: Edition, symbol: str) -> Facts | None:
    try:
        return edition.facts(symbol, RECENT_CLOSES)
    except UnknownResource:
        return None
