"""Texts that are being obtained in this process: one call for a key, however many wait for it."""

import asyncio
import math
from dataclasses import dataclass, replace

from msgspec import structs

from bentos.analyst.answers import Answers
from bentos.analyst.api import PriceAnalysis
from bentos.analyst.edition import Edition, Place
from bentos.analyst.progress import Progress
from bentos.analyst.storage.analyses import AnalysisKey
from bentos.analyst.writer import Assignment, Reason, Refused, Writer, Written
from bentos.core.loggers import get_logger

RETRY_SECONDS: dict[Reason, float] = {
    "busy": 2.0,
    "fault": 60.0,
    "nobody": math.inf,
    "provider": 5.0,
    "store": 5.0,
    "checks": 60.0,
    "budget": 60.0,
}
"""How long a deterministic text is sent before another call is tried, by what became of the last one."""
MOST_DOUBLINGS = 4
"""Each failed check or spent budget in a row doubles that time, so often."""

Places = list[tuple[Edition, Place]]

_log = get_logger("ekiben.analyst")


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One text that is being obtained. `began` is in seconds of the event loop's clock; `places` are where
    its answer is to be kept. The task never fails; it may be cancelled."""

    assignment: Assignment
    began: float
    progress: Progress
    places: Places
    task: asyncio.Task[PriceAnalysis]

    async def result(self, within_seconds: float | None) -> PriceAnalysis | None:
        """Return the answer, or None if there is none in time. Whoever stops waiting does not stop the
        call."""
        await asyncio.wait({self.task}, timeout=within_seconds)
        return None if not self.task.done() or self.task.cancelled() else self.task.result()


class Calls:
    """Begins calls and keeps what comes out of them, also if nobody waits any more."""

    def __init__(self, writer: Writer, answers: Answers) -> None:
        self._writer = writer
        self._answers = answers
        self._under_way: dict[AnalysisKey, Call] = {}

    def join(self, assignment: Assignment, edition: Edition, place: Place, streams: bool = False) -> Call:
        """Return the call for this text, and have its answer kept in this place too. It is begun if there is
        none; with `streams`, so that its progress can be read."""
        call = self._under_way.get(assignment.key)
        if call is None:
            call = self._under_way[assignment.key] = self._begin(assignment, streams)
        if (edition, place) not in call.places:
            call.places.append((edition, place))
        held = edition.answers.get(place)
        if held is not None:
            # Nobody need look for a better one until this call has ended.
            edition.answers[place] = replace(held, retry_at=math.inf)
        return call

    async def close(self) -> None:
        """Cancel all calls and wait until they have given back what they held."""
        tasks = [call.task for call in self._under_way.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _begin(self, assignment: Assignment, streams: bool) -> Call:
        progress, places = Progress(), Places()
        task = asyncio.create_task(self._run(assignment, progress, places, streams))
        began = asyncio.get_running_loop().time()
        return Call(assignment=assignment, began=began, progress=progress, places=places, task=task)

    async def _run(
        self, assignment: Assignment, progress: Progress, places: Places, streams: bool
    ) -> PriceAnalysis:
        try:
            outcome = await self._writer.obtain(assignment, progress if streams else None)
        except Exception:
            _log.exception("A text could not be obtained", key=assignment.key.text())
            outcome = Refused("fault")
        finally:
            progress.close()
            del self._under_way[assignment.key]
        if isinstance(outcome, Refused):
            return self._keep_fallback(assignment, outcome.reason, places)
        return self._keep(assignment, outcome, places)

    def _keep(self, assignment: Assignment, written: Written, places: Places) -> PriceAnalysis:
        """Keep the text as a stored one, which it is for all who ask from now on."""
        answer = self._answers.written(assignment.facts, assignment.language, written)
        held = self._answers.hold(structs.replace(answer, source="stored"), math.inf)
        for edition, place in places:
            edition.answers[place] = held
        return answer

    def _keep_fallback(self, assignment: Assignment, reason: Reason, places: Places) -> PriceAnalysis:
        answer = self._answers.fallback(assignment.facts, assignment.language)
        now = asyncio.get_running_loop().time()
        for edition, place in places:
            before = edition.answers.get(place)
            failures = 1 if before is None else before.failures + 1
            edition.answers[place] = self._answers.hold(answer, now + pause(reason, failures), failures)
        _log.debug("The deterministic text is sent", key=assignment.key.text(), reason=reason)
        return answer


def pause(reason: Reason, failures: int) -> float:
    """Return how many seconds to wait after so many failures in a row before another call."""
    doublings = min(failures - 1, MOST_DOUBLINGS) if reason in ("checks", "budget") else 0
    return RETRY_SECONDS[reason] * float(2**doublings)


def make_assignment(
    edition: Edition, place: Place, headlines: tuple[str, ...], prompt_version: str
) -> Assignment:
    """Return what is to be written for a place. Raises UnknownResource if there are no such prices."""
    symbol, limit, language = place
    facts = edition.facts(symbol, limit)
    key = AnalysisKey(
        symbol=facts.symbol,
        window=facts.window,
        facts_hash=facts.digest(),
        prompt_version=prompt_version,
        language=language,
    )
    return Assignment(key=key, facts=facts, headlines=headlines, language=language)
