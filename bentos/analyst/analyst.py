"""The analyst: what is true about prices, said in two sentences, in time whatever becomes of the language
model."""

from collections.abc import AsyncIterator

from bentos.analyst.api import NewsItem, PriceAnalysis, PricePoint, news_item, price_point
from bentos.analyst.desk import Desk, is_due
from bentos.analyst.edition import Edition, Place
from bentos.analyst.streams import tell
from bentos.analyst.wording import Language
from bentos.core.errors import UnknownResource
from bentos.core.streaming import Event


class Analyst:
    """Answers from memory, else from the store, else by a call for which nobody waits longer than the
    deadline."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ready(self, symbol: str, limit: int, language: Language) -> PriceAnalysis | None:
        """Return what `explain` would return at once, None if it would have to wait."""
        held = self._desk.ready((self._desk.name_symbol(symbol), limit, language))
        if held is None:
            return None
        held.count.inc()
        return held.answer

    async def explain(self, symbol: str, limit: int, language: Language) -> PriceAnalysis:
        """Return two sentences about the latest closes, at most `limit`.

        Raises UnknownResource if there are too few prices of the symbol, DependencyUnavailable if the
        database does not tell and never did.
        """
        answer = self.ready(symbol, limit, language)
        if answer is not None:
            return answer
        question = await self._desk.take(symbol, limit, language)
        call = self._desk.begin(question)
        held = question.held or await self._desk.wait(question, call)
        held.count.inc()
        return held.answer

    async def stream(self, symbol: str, limit: int, language: Language) -> AsyncIterator[Event]:
        """Return events: the facts at once, then the text's sentences, last the verdict.

        Raises what `explain` raises.
        """
        return tell(self._desk, await self._desk.take(symbol, limit, language))

    async def history(self, symbol: str, limit: int) -> list[PricePoint]:
        """Return the latest prices, oldest first. Raises what `explain` raises."""
        edition = await self._desk.prices.edition(self._desk.deadline_seconds)
        return [price_point(candle) for candle in edition.candles(self._desk.name_symbol(symbol), limit)]

    async def latest_news(self, limit: int) -> list[NewsItem]:
        """Return the latest news, newest first. Raises UnknownResource if there are none,
        DependencyUnavailable if the database does not tell and never did."""
        headlines = await self._desk.news.latest(limit, self._desk.deadline_seconds)
        if not headlines:
            raise UnknownResource("No news were collected yet.")
        return [news_item(headline) for headline in headlines]

    async def prepare(self, edition: Edition, place: Place) -> None:
        """Have a text ready before somebody asks for it; return when it is, or when there will be none.
        Raises UnknownResource if there are too few prices."""
        question = self._desk.ask(edition, place)
        if question.held is None or is_due(question.held):
            await self._desk.begin(question).result(None)
