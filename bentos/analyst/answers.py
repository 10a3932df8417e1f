"""Makes answers of facts and texts."""

from bentos.analyst.api import PriceAnalysis, Source
from bentos.analyst.checks import CheckResult, Opening, check_opening
from bentos.analyst.edition import Held
from bentos.analyst.facts import Facts
from bentos.analyst.generation import write_fallback
from bentos.analyst.measures import Measures
from bentos.analyst.prompts import PromptSet
from bentos.analyst.wording import Language
from bentos.analyst.writer import Assignment, Written


class Answers:
    """Makes answers under one prompt version, and counts those that are sent."""

    def __init__(self, prompts: PromptSet, measures: Measures) -> None:
        self._prompts = prompts
        self._measures = measures

    @property
    def prompt_version(self) -> str:
        """The prompts under which texts are written."""
        return self._prompts.version

    def written(self, facts: Facts, language: Language, written: Written) -> PriceAnalysis:
        """Return the answer with a text that a language model wrote."""
        return self._make(facts, language, written.text, written.source, written.model, written.checks)

    def fallback(self, facts: Facts, language: Language) -> PriceAnalysis:
        """Return the answer with the deterministic text."""
        text = write_fallback(facts, language, self._prompts)
        return self._make(facts, language, text.text, "fallback", "", text.checks)

    def check_opening(self, assignment: Assignment, text: str) -> Opening:
        """Return which sentences of an unfinished text are complete, and whether they may be said."""
        return check_opening(text, assignment.facts, assignment.language, self._prompts, assignment.headlines)

    def hold(self, answer: PriceAnalysis, retry_at: float, failures: int = 0) -> Held:
        """Return the answer as it is kept, with the counter of its kind."""
        count = self._measures.answers.labels(answer.source, answer.prompt_version, answer.language)
        return Held(answer, count, retry_at, failures)

    def _make(
        self,
        facts: Facts,
        language: Language,
        text: str,
        source: Source,
        model: str,
        checks: tuple[CheckResult, ...],
    ) -> PriceAnalysis:
        return PriceAnalysis(
            analysis=text,
            trend=facts.trend,
            change_percent=facts.change_percent,
            volatility=facts.volatility,
            volatility_percent=facts.volatility_percent,
            symbol=facts.symbol,
            window=facts.window,
            as_of=facts.as_of,
            historical=facts.historical,
            source=source,
            model=model,
            prompt_version=self._prompts.version,
            language=language,
            checks=checks,
        )
