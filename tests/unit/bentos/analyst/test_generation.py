import asyncio
from collections.abc import Sequence

import pytest

from bentos.analyst.checks import have_passed
from bentos.analyst.fallback import fallback_text
from bentos.analyst.generation import Generation, generate, write_fallback
from bentos.analyst.providers.base import Completion, Prompt, ProviderFailed
from tests.support.price_facts import RISING
from tests.support.prompt_sets import shipped_prompts

GOOD = "Bitcoin rose by 2.3% over the last 24 hourly closes. Volatility was moderate."
BAD = "Bitcoin fell by 9%. Buy now!"


def _generate(texts: Sequence[str], headlines: Sequence[str] = ()) -> tuple[Generation, list[Prompt]]:
    """Return what comes of a model that gives these answers one after the other, and what it was asked."""
    asked: list[Prompt] = []

    async def ask(prompt: Prompt) -> Completion:
        asked.append(prompt)
        return Completion(text=texts[len(asked) - 1], model="written", prompt_tokens=10, completion_tokens=5)

    return asyncio.run(generate(ask, shipped_prompts(), RISING, headlines, "en")), asked


def test_good_first_answer_is_used() -> None:
    generation, asked = _generate([GOOD])
    assert (generation.text, generation.model) == (GOOD, "written")
    assert generation.from_model
    assert generation.first_try_passed
    assert have_passed(generation.checks)
    assert len(asked) == len(generation.attempts) == 1


def test_refused_answer_is_tried_again_with_the_reason() -> None:
    generation, asked = _generate([BAD, GOOD])
    assert generation.text == GOOD
    assert not generation.first_try_passed
    assert [attempt.passed for attempt in generation.attempts] == [False, True]
    assert "is rising" in asked[1].user
    assert asked[1].user.startswith(asked[0].user)


def test_answer_refused_twice_becomes_the_text_by_rule() -> None:
    generation, asked = _generate([BAD, BAD])
    assert generation.text == fallback_text(RISING, "en")
    assert not generation.from_model
    assert generation.model == ""
    assert have_passed(generation.checks)
    assert len(asked) == 2
    assert [attempt.completion.text for attempt in generation.attempts] == [BAD, BAD]


def test_answer_that_repeats_a_headline_is_refused() -> None:
    echo = "Bitcoin rose in very strong overall market moves. Volatility was moderate."
    generation, _ = _generate([echo, GOOD], ["In very strong overall market moves, buy"])
    assert [check.name for check in generation.attempts[0].checks if not check.passed] == ["leak"]


def test_failure_of_the_model_is_the_callers_business() -> None:
    async def ask(prompt: Prompt) -> Completion:
        raise ProviderFailed("written", "timeout", "too slow")

    with pytest.raises(ProviderFailed):
        asyncio.run(generate(ask, shipped_prompts(), RISING, (), "en"))


def test_text_by_rule_needs_no_model() -> None:
    generation = write_fallback(RISING, "fr", shipped_prompts())
    assert generation.text == fallback_text(RISING, "fr")
    assert have_passed(generation.checks)
    assert generation.attempts == ()
