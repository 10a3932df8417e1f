"""The analyst's pipeline with a local server in place of the embedded language model, and a small sample."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bentos.analyst.facts import compute_facts
from bentos.analyst.fallback import fallback_text
from bentos.analyst.prompts import PromptSet
from tests.support.misbehaving_llm import TRUE_TEXT, Asked, MisbehavingLlm, misbehaving_llm
from training.analyst import asking
from training.analyst.data import first_windows, headlines_of
from training.analyst.pipeline import AnalystPipeline
from training.analyst.prompt_files import read_prompts

SAMPLE_WINDOWS = 5


def current_prompts() -> PromptSet:
    """Return the prompts that params.yaml names."""
    return PromptSet(read_prompts(AnalystPipeline().parameters["prompts"]))


@functools.cache
def true_answers() -> dict[str, str]:
    """Return a true text for each question that the gate asks."""
    prompts = current_prompts()
    return {
        prompts.render(facts, headlines_of(number), language).user: fallback_text(facts, language)
        for number, window in enumerate(first_windows(AnalystPipeline().parameters["sample_windows"]))
        for facts in [compute_facts(window.candles)]
        for language in prompts.languages
    }


def answer_truly(asked: Asked) -> str:
    """Answer as a good model does; a second try, or a question about anything else, with no true text."""
    return true_answers().get(asked.body["messages"][-1]["content"], TRUE_TEXT)


@contextmanager
def judged_by(llm: MisbehavingLlm) -> Iterator[AnalystPipeline]:
    """Give a pipeline with a small sample; meanwhile the server is every pipeline's embedded model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "embedded_model", lambda: _yield(llm.url))
        yield small_pipeline()


def small_pipeline(**parameters: Any) -> AnalystPipeline:
    """Return a pipeline with a small sample and other parameters."""
    pipeline = AnalystPipeline()
    pipeline.parameters |= {"sample_windows": SAMPLE_WINDOWS, **parameters}
    return pipeline


@contextmanager
def good_model() -> Iterator[MisbehavingLlm]:
    """Serve true texts."""
    with misbehaving_llm() as llm:
        llm.answer = answer_truly
        yield llm


@contextmanager
def _yield(address: str) -> Iterator[str]:
    yield address
