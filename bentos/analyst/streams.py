"""An answer told event by event: facts at once, sentences as soon as they are known to be true, the verdict
last."""

from collections.abc import AsyncIterator

from bentos.analyst.api import Sentence, give_verdict
from bentos.analyst.checks import Opening
from bentos.analyst.checks.sentences import split_sentences
from bentos.analyst.desk import Desk, Question, is_due
from bentos.analyst.edition import Held
from bentos.analyst.reading_along import read_along
from bentos.core.streaming import Event

LAST_CHECK_SECONDS = 1.0
"""How long a stream waits, once it told a sentence, for the checks of the whole text and for the store."""


async def tell(desk: Desk, question: Question) -> AsyncIterator[Event]:
    """Yield the events. A model's text must begin before the question's deadline; then it may take as long as
    the call, if it does not pause."""
    yield Event("facts", question.assignment.facts)
    told: list[str] = []
    held = question.held
    if held is None:
        telling = Telling(desk, question)
        async for sentence in telling.sentences():
            told.append(sentence)
            yield Event("text", Sentence(text=sentence))
        held = await telling.result(LAST_CHECK_SECONDS if told else 0.0)
    elif is_due(held):
        desk.begin(question)
    sentences = list(split_sentences(held.answer.analysis))
    is_continued = sentences[: len(told)] == told
    for sentence in sentences[len(told) :] if is_continued else ():
        yield Event("text", Sentence(text=sentence))
    held.count.inc()
    yield Event("verdict", give_verdict(held.answer, replaces=not is_continued))


class Telling:
    """A text that is told while it is written."""

    def __init__(self, desk: Desk, question: Question) -> None:
        self._desk = desk
        self._question = question
        self._call = desk.begin(question, streams=True)

    def sentences(self) -> AsyncIterator[str]:
        """Yield those that may be said whatever follows."""
        until = self._desk.end_of_wait(self._question, self._call)
        return read_along(self._call.progress, self._check, until)

    async def result(self, patience_seconds: float) -> Held:
        """Return the whole answer."""
        return await self._desk.wait(self._question, self._call, patience_seconds)

    def _check(self, text: str) -> Opening:
        return self._desk.answers.check_opening(self._question.assignment, text)
