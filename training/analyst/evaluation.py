"""How often a language model, asked with a set of prompts, writes a text that may be shown.

Every frozen window is asked about in every language, exactly as the service asks: one try, a second one with
the reason, then the rule's text. What counts is the first try of a model. The rule's text is always right, so
a service that falls back to it every time passes nothing here.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

import msgspec
import numpy as np

from bentos.analyst.checks import check_text, have_passed
from bentos.analyst.facts import Facts, compute_facts
from bentos.analyst.generation import Attempt, Generation, generate, write_fallback
from bentos.analyst.prompts import PromptSet
from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.wording import Language
from training.analyst.data import FrozenWindow, headlines_of
from training.core.pipeline import FrozenPasses, Progress

Ask = Callable[[Prompt], Awaitable[Completion]]
"""Puts one question to a model. What it raises counts as no answer."""

NUMBERS = "numbers"
"""The check that every number of a text is in the facts."""
NOBODY = "no answer"


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One text of a model, and which checks it failed."""

    text: str
    failed: tuple[str, ...]
    prompt_tokens: int
    completion_tokens: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one window in one language. `text` is what a caller would see, `problem` why there was no
    answer, `seconds` what all tries took."""

    window: str
    kind: str
    language: Language
    text: str
    from_model: bool
    passed: bool
    grounded: bool
    tries: tuple[Tried, ...]
    problem: str
    seconds: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All answers of one evaluation, in the order of languages and windows."""

    prompt_version: str
    model: str
    asked: tuple[Asked, ...]

    def passes(self) -> FrozenPasses:
        """Return which texts passed at the first try; windows are units, languages groups."""
        return FrozenPasses(
            passed=np.array([one.passed for one in self.asked], dtype=np.bool_),
            unit=np.array([one.window for one in self.asked], dtype=np.str_),
            group=np.array([one.language for one in self.asked], dtype=np.str_),
        )


async def evaluate(
    ask: Ask, prompts: PromptSet, windows: Sequence[FrozenWindow], at_once: int, progress: Progress
) -> Report:
    """Ask about every window in every language of the prompts, at most `at_once` at a time."""
    slots = asyncio.Semaphore(at_once)
    models: set[str] = set()
    done = 0

    async def one(number: int, window: FrozenWindow, language: Language) -> Asked:
        nonlocal done
        async with slots:
            found, model = await _ask_about(ask, prompts, window, headlines_of(number), language)
        models.update({model} if model else set())
        done += 1
        if done % 20 == 0:
            progress(f"{done} of {len(windows) * len(prompts.languages)} texts")
        return found

    # One language after the other: a server that remembers how the last prompt began is quicker that way.
    questions = [
        one(number, window, language)
        for language in prompts.languages
        for number, window in enumerate(windows)
    ]
    asked = await asyncio.gather(*questions)
    return Report(
        prompt_version=prompts.version, model=", ".join(sorted(models)) or "none", asked=tuple(asked)
    )


def summarise(report: Report) -> dict[str, float]:
    """Return the shares and medians of an evaluation, by readable names.

    `first_try` shares are of all texts: overall, by language, by kind of window. `shown` shares say who wrote
    what callers see. `failed_first_<check>` is the share of first tries that failed it.
    """
    asked = report.asked
    firsts = [one.tries[0] for one in asked if one.tries]
    failed = Counter(name for first in firsts for name in first.failed)
    seconds = sorted(one.seconds for one in asked)
    return {
        "texts": float(len(asked)),
        "first_try": _share(asked, lambda one: one.passed),
        **{f"first_try_{name}": share for name, share in _by_group(asked).items()},
        "shown_from_model": _share(asked, lambda one: one.from_model),
        "shown_fallback": _share(asked, lambda one: not one.from_model),
        "no_answer": _share(asked, lambda one: bool(one.problem)),
        "grounded_after_checks": _share(asked, lambda one: one.grounded),
        **{f"failed_first_{name}": count / len(asked) for name, count in sorted(failed.items())},
        "seconds_median": statistics.median(seconds),
        "seconds_p95": seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))],
        "prompt_tokens_mean": _mean([first.prompt_tokens for first in firsts]),
        "completion_tokens_mean": _mean([first.completion_tokens for first in firsts]),
    }


def first_failures(report: Report, most: int = 3) -> list[str]:
    """Return a sentence for each of the first texts that did not pass at the first try."""
    failing = (one for one in report.asked if not one.passed)
    return [_explain(one) for one in islice(failing, most)]


async def _ask_about(
    ask: Ask, prompts: PromptSet, window: FrozenWindow, headlines: Sequence[str], language: Language
) -> tuple[Asked, str]:
    facts, problem, started_at = compute_facts(window.candles), "", time.monotonic()
    try:
        generation = await generate(ask, prompts, facts, headlines, language)
    except Exception as error:
        # Whatever keeps a provider from answering, callers get the rule's text, and this is no pass.
        generation, problem = write_fallback(facts, language, prompts), f"{type(error).__name__}: {error}"
    asked = Asked(
        window=window.name,
        kind=window.kind,
        language=language,
        text=generation.text,
        from_model=generation.from_model,
        passed=generation.from_model and generation.first_try_passed,
        grounded=_is_grounded(generation, facts, prompts, language),
        tries=tuple(_describe(attempt) for attempt in generation.attempts),
        problem=problem,
        seconds=time.monotonic() - started_at,
    )
    return asked, generation.attempts[0].completion.model if generation.attempts else ""


def _is_grounded(generation: Generation, facts: Facts, prompts: PromptSet, language: Language) -> bool:
    """Check what a caller would see once more: all checks have passed, and it has no number of its own."""
    checks = check_text(generation.text, facts, language, prompts)
    return have_passed(checks) and NUMBERS in {check.name for check in checks}


def _describe(attempt: Attempt) -> Tried:
    return Tried(
        text=attempt.completion.text,
        failed=tuple(check.name for check in attempt.checks if not check.passed),
        prompt_tokens=attempt.completion.prompt_tokens,
        completion_tokens=attempt.completion.completion_tokens,
    )


def _by_group(asked: Sequence[Asked]) -> dict[str, float]:
    names = sorted({one.language for one in asked}) + sorted({one.kind for one in asked})
    return {
        name: _share([one for one in asked if name in (one.language, one.kind)], lambda one: one.passed)
        for name in names
    }


def _share(asked: Sequence[Asked], holds: Callable[[Asked], bool]) -> float:
    return sum(map(holds, asked)) / len(asked)


def _mean(values: Sequence[int]) -> float:
    return statistics.fmean(values) if values else 0.0


def _explain(one: Asked) -> str:
    what = one.problem or ", ".join(one.tries[0].failed)
    text = f": {one.tries[0].text}" if one.tries else ""
    return f"{one.window} in {one.language}: {what}{text}"
