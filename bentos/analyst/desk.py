"""Where questions are matched with prices, and answers waited for, but never for long."""

import asyncio
import math

from bentos.analyst.answers import Answers
from bentos.analyst.calls import Call, Calls, make_assignment
from bentos.analyst.edition import Edition, Held, Place
from bentos.analyst.settings import AnalystSettings
from bentos.analyst.shelves import NewsShelf, PriceShelf
from bentos.analyst.wording import Language
from bentos.analyst.writer import Assignment

MOST_HEADLINES = 5
"""Headlines that a prompt quotes."""


class Question:
    """One caller's question about one edition of the prices."""

    def __init__(self, edition: Edition, place: Place, assignment: Assignment, deadline: float) -> None:
        self.edition = edition
        self.place = place
        self.assignment = assignment
        self.deadline = deadline
        """Until when the caller waits, in seconds of the event loop's clock."""

    @property
    def held(self) -> Held | None:
        """What is ready."""
        return self.edition.answers.get(self.place)


class Desk:
    """Takes questions, and gives what is ready in time."""

    def __init__(
        self, prices: PriceShelf, news: NewsShelf, calls: Calls, answers: Answers, settings: AnalystSettings
    ) -> None:
        self.prices = prices
        self.news = news
        self.answers = answers
        self.deadline_seconds = settings.deadline_seconds
        self._calls = calls
        self._symbol = settings.symbol

    def name_symbol(self, symbol: str) -> str:
        """Return the symbol as stores know it; the usual one if none is named."""
        return symbol.upper() or self._symbol

    def ready(self, place: Place) -> Held | None:
        """Return an answer that is ready and for which no better one should be looked for yet."""
        edition = self.prices.current
        held = None if edition is None else edition.answers.get(place)
        return None if held is None or is_due(held) else held

    async def take(self, symbol: str, limit: int, language: Language) -> Question:
        """Take a question. Raises UnknownResource if there are too few prices, DependencyUnavailable if the
        database does not tell and never did."""
        deadline = asyncio.get_running_loop().time() + self.deadline_seconds
        edition = await self.prices.edition(self.deadline_seconds)
        return self.ask(edition, (self.name_symbol(symbol), limit, language), deadline)

    def ask(self, edition: Edition, place: Place, deadline: float = math.inf) -> Question:
        """Make a question about an edition. Raises UnknownResource if it has too few prices."""
        headlines = tuple(headline.title for headline in (self.news.current or ())[:MOST_HEADLINES])
        assignment = make_assignment(edition, place, headlines, self.answers.prompt_version)
        return Question(edition, place, assignment, deadline)

    def begin(self, question: Question, streams: bool = False) -> Call:
        """Return the call that will answer the question; it goes on whoever waits."""
        return self._calls.join(question.assignment, question.edition, question.place, streams)

    def end_of_wait(self, question: Question, call: Call) -> float:
        """Return until when a caller waits: one who comes late to a call no longer than who came first."""
        return min(question.deadline, call.began + self.deadline_seconds)

    async def wait(self, question: Question, call: Call, at_least_seconds: float = 0.0) -> Held:
        """Return what comes out of the call in time, else what is ready, else make the deterministic text
        ready; the call replaces it when it ends."""
        seconds = self.end_of_wait(question, call) - asyncio.get_running_loop().time()
        answer = await call.result(max(seconds, at_least_seconds))
        if answer is not None:
            return self.answers.hold(answer, math.inf)
        if question.held is None:
            made = self.answers.fallback(question.assignment.facts, question.assignment.language)
            question.edition.answers[question.place] = self.answers.hold(made, math.inf)
        return question.edition.answers[question.place]


def is_due(held: Held) -> bool:
    """Return whether a better answer should be looked for."""
    return held.retry_at <= asyncio.get_running_loop().time()
