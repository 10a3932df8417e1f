"""Gets the text for a key: the stored one, or one that a language model writes, once for all replicas."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from bentos.analyst.api import Source
from bentos.analyst.asking import Asking
from bentos.analyst.checks import CheckResult, check_text, have_passed
from bentos.analyst.facts import Facts
from bentos.analyst.generation import Generation, generate
from bentos.analyst.measures import Measures
from bentos.analyst.progress import Progress
from bentos.analyst.prompts import PromptSet
from bentos.analyst.providers.chain import NoAnswer
from bentos.analyst.spending import BudgetSpent
from bentos.analyst.storage.analyses import AnalysisKey, AnalysisStore, StoredAnalysis
from bentos.analyst.storage.claims import Claims
from bentos.analyst.wording import Language
from bentos.core.errors import DatabaseUnavailable
from bentos.core.loggers import get_logger

MOST_CALLS = 16
"""Texts that one process has written at the same time. Callers may ask for thousands of windows: those beyond
this many are content with the deterministic text for a while."""
CLAIM_MARGIN_SECONDS = 5.0
"""How much longer than a call a claim lasts."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0
"""How often the store is asked for another replica's text: first often, then ever more rarely."""

Reason = Literal["budget", "busy", "checks", "fault", "nobody", "provider", "store"]
"""Why there is no text: today's budget is spent; too many calls are under way, here or elsewhere; what the
model wrote failed the checks; this program did; settings name no provider; none answered; the database did
not."""

_log = get_logger("ekiben.analyst")


class Assignment(Struct, frozen=True, kw_only=True):
    """A text that is wanted."""

    key: AnalysisKey
    facts: Facts
    headlines: tuple[str, ...]
    language: Language


class Written(Struct, frozen=True, kw_only=True):
    """A text that a language model wrote and that passed the checks."""

    text: str
    source: Source
    model: str
    checks: tuple[CheckResult, ...]


class Refused(Struct, frozen=True):
    """There is no text, and why."""

    reason: Reason


class Writer:
    """Writes texts. Safe to call for many keys at once; for each of them one call at a time is enough."""

    def __init__(
        self,
        prompts: PromptSet,
        analyses: AnalysisStore,
        claims: Claims,
        asking: Asking,
        measures: Measures,
        call_seconds: float,
    ) -> None:
        self._prompts = prompts
        self._analyses = analyses
        self._claims = claims
        self._asking = asking
        self._measures = measures
        self._call_seconds = call_seconds
        self._under_way = 0

    async def obtain(self, assignment: Assignment, progress: Progress | None = None) -> Written | Refused:
        """Return the text, at the latest after twice the time of a call. With `progress` the first answer is
        streamed there."""
        try:
            return await self._find(assignment) or await self._write(assignment, progress)
        except DatabaseUnavailable:
            # Without it nobody knows what other replicas do, nor what may still be spent.
            return Refused("store")

    async def _find(self, assignment: Assignment) -> Written | None:
        """Return the stored text, if there is one that passes today's checks."""
        stored = await self._analyses.find(assignment.key)
        if stored is None:
            return None
        checks = check_text(stored.text, assignment.facts, assignment.language, self._prompts)
        if not have_passed(checks):
            _log.warning("A stored text fails the checks and is written anew", key=assignment.key.text())
            return None
        return Written(text=stored.text, source="stored", model=stored.model, checks=checks)

    async def _write(self, assignment: Assignment, progress: Progress | None) -> Written | Refused:
        if self._asking.is_vain:
            return Refused("nobody")
        if self._under_way >= MOST_CALLS:
            return Refused("busy")
        self._under_way += 1
        try:
            return await self._claim_or_wait(assignment) or await self._write_claimed(assignment, progress)
        finally:
            self._under_way -= 1

    async def _claim_or_wait(self, assignment: Assignment) -> Written | Refused | None:
        """Return None once the key is ours, or what another replica wrote."""
        key, pause = assignment.key.text(), FIRST_PAUSE_SECONDS
        give_up_at = asyncio.get_running_loop().time() + self._call_seconds
        while not await self._claims.claim(key, self._call_seconds + CLAIM_MARGIN_SECONDS):
            if asyncio.get_running_loop().time() >= give_up_at:
                return Refused("busy")
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE_SECONDS)
            written = await self._find(assignment)
            if written is not None:
                return written
        return None

    async def _write_claimed(self, assignment: Assignment, progress: Progress | None) -> Written | Refused:
        async with self._releasing(assignment.key) as claim:
            # Whoever had the key before may have stored a text after we looked.
            found = await self._find(assignment)
            if found is not None:
                return found
            outcome = await self._ask(assignment, progress)
            # A text that failed cost as much as one that passed: nobody tries again while the claim lasts.
            claim.is_kept = outcome == Refused("checks")
            return outcome

    @asynccontextmanager
    async def _releasing(self, key: AnalysisKey) -> AsyncIterator["_Claim"]:
        claim = _Claim()
        try:
            yield claim
        finally:
            if not claim.is_kept:
                await self._release(key)

    async def _release(self, key: AnalysisKey) -> None:
        try:
            await self._claims.release(key.text())
        except DatabaseUnavailable as error:
            _log.warning(
                "A claim could not be released; it ends by itself", key=key.text(), reason=str(error)
            )

    async def _ask(self, assignment: Assignment, progress: Progress | None) -> Written | Refused:
        conversation = self._asking.begin(progress)
        try:
            generation = await asyncio.wait_for(
                generate(
                    conversation.ask,
                    self._prompts,
                    assignment.facts,
                    assignment.headlines,
                    assignment.language,
                ),
                self._call_seconds,
            )
        except BudgetSpent:
            return Refused("budget")
        except (NoAnswer, TimeoutError):
            return Refused("provider")
        self._count_failures(generation, conversation.provider, assignment.language)
        if not generation.from_model:
            return Refused("checks")
        await self._save(assignment.key, generation, conversation.provider)
        return Written(text=generation.text, source="llm", model=generation.model, checks=generation.checks)

    async def _save(self, key: AnalysisKey, generation: Generation, provider: str) -> None:
        stored = StoredAnalysis(
            text=generation.text,
            model=generation.model,
            provider=provider,
            created_at=datetime.now(UTC),
            checks=generation.checks,
        )
        try:
            await self._analyses.save(key, stored)
        except DatabaseUnavailable as error:
            _log.warning("A text could not be stored; this replica keeps it", reason=str(error))

    def _count_failures(self, generation: Generation, provider: str, language: Language) -> None:
        for attempt in generation.attempts:
            failed = [check.name for check in attempt.checks if not check.passed]
            self._measures.count_failed_checks(failed, provider, self._prompts.version, language)


class _Claim:
    """Whether a claim outlasts its work."""

    is_kept = False
