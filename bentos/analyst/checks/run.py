"""All checks of a text, in the order in which their results are shown."""

from collections.abc import Callable, Mapping, Sequence

from bentos.analyst.checks.advice import find_advice
from bentos.analyst.checks.direction import find_direction
from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.language import find_language
from bentos.analyst.checks.leak import find_leak
from bentos.analyst.checks.numbers import find_numbers
from bentos.analyst.checks.period import find_period
from bentos.analyst.checks.plain import find_markup, find_sentences
from bentos.analyst.checks.results import CheckName, CheckResult, Finding, Opening
from bentos.analyst.checks.sentences import complete_sentences
from bentos.analyst.checks.volatility import find_volatility
from bentos.analyst.checks.words import find_words
from bentos.analyst.facts import Facts
from bentos.analyst.prompts import PromptSet
from bentos.analyst.wording import Language

CHECKS: Mapping[CheckName, Callable[[Draft], Finding]] = {
    "plain": find_markup,
    "sentences": find_sentences,
    "language": find_language,
    "words": find_words,
    "volatility": find_volatility,
    "numbers": find_numbers,
    "direction": find_direction,
    "period": find_period,
    "advice": find_advice,
    "leak": find_leak,
}
MOST_READ = 1_000
"""Characters of a text that are looked at; one that long is refused anyway."""
CHECK_NAMES: tuple[CheckName, ...] = tuple(CHECKS)


def check_text(
    text: str, facts: Facts, language: Language, prompts: PromptSet, headlines: Sequence[str] = ()
) -> tuple[CheckResult, ...]:
    """Return the result of every check of a whole text. `headlines` are those that its writer was shown."""
    draft = Draft(text[:MOST_READ], facts, language, prompts.phrases(language), tuple(headlines))
    return tuple(_result(name, find(draft), whole=True) for name, find in CHECKS.items())


def check_opening(
    text: str, facts: Facts, language: Language, prompts: PromptSet, headlines: Sequence[str] = ()
) -> Opening:
    """Return the complete sentences of a text that is still being written, and what is wrong with them.

    A sentence is complete once something follows its full stop, so a number that is still being written is no
    end. What a whole text must have may still come, so its absence is no failure.
    """
    complete = complete_sentences(text[:MOST_READ])
    draft = Draft(complete, facts, language, prompts.phrases(language), tuple(headlines))
    return Opening(complete, tuple(_result(name, find(draft), whole=False) for name, find in CHECKS.items()))


def _result(name: CheckName, finding: Finding, whole: bool) -> CheckResult:
    detail = finding.wrong or (finding.missing if whole else "")
    return CheckResult(name, not detail, detail)
