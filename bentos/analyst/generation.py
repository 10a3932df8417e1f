"""From a question to a text that may be shown: a try, a second one with the reason, then the rule's text."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from bentos.analyst.checks import CheckResult, check_text, complaint_about, have_passed
from bentos.analyst.facts import Facts
from bentos.analyst.fallback import fallback_text
from bentos.analyst.prompts import PromptSet
from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.untrusted import clean_headlines
from bentos.analyst.wording import Language

MOST_TRIES = 2


class Attempt(Struct, frozen=True):
    """One text of a model and what the checks said about it."""

    completion: Completion
    checks: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether the text may be shown."""
        return have_passed(self.checks)


class Generation(Struct, frozen=True):
    """A text that passed every check in `checks`. `model` wrote it; it is empty for the rule's text."""

    text: str
    from_model: bool
    model: str
    checks: tuple[CheckResult, ...]
    first_try_passed: bool
    attempts: tuple[Attempt, ...]


async def generate(
    ask: Callable[[Prompt], Awaitable[Completion]],
    prompts: PromptSet,
    facts: Facts,
    headlines: Sequence[str],
    language: Language,
) -> Generation:
    """Return a text about the facts that passed every check. Raises what `ask` raises."""
    cleaned = clean_headlines(headlines)
    attempts: list[Attempt] = []
    complaint = ""
    while len(attempts) < MOST_TRIES and not (attempts and attempts[-1].passed):
        completion = await ask(prompts.render(facts, cleaned, language, complaint))
        attempts.append(Attempt(completion, check_text(completion.text, facts, language, prompts, cleaned)))
        complaint = complaint_about(attempts[-1].checks)
    last = attempts[-1]
    if not last.passed:
        return _by_rule(facts, language, prompts, tuple(attempts))
    return Generation(
        text=last.completion.text,
        from_model=True,
        model=last.completion.model,
        checks=last.checks,
        first_try_passed=attempts[0].passed,
        attempts=tuple(attempts),
    )


def write_fallback(facts: Facts, language: Language, prompts: PromptSet) -> Generation:
    """Return the rule's text as if every model had failed."""
    return _by_rule(facts, language, prompts, ())


def _by_rule(
    facts: Facts, language: Language, prompts: PromptSet, attempts: tuple[Attempt, ...]
) -> Generation:
    text = fallback_text(facts, language)
    return Generation(
        text=text,
        from_model=False,
        model="",
        checks=check_text(text, facts, language, prompts),
        first_try_passed=False,
        attempts=attempts,
    )
