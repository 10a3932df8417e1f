"""Evaluating through a provider: the embedded model, which is started for it, or one out of the settings."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bentos.analyst.prompts import PromptSet
from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.providers.make import make_chain
from bentos.analyst.settings import AnalystSettings
from bentos.core.loggers import structlog
from bentos.core.settings import read_settings
from training.analyst.data import FrozenWindow
from training.analyst.embedded import embedded_model
from training.analyst.evaluation import Report, evaluate
from training.core.pipeline import Progress

EMBEDDED = "embedded"
_AS_EMBEDDED = {
    "providers": "openai",
    "openai_model": AnalystSettings.model_fields["openai_model"].default,
    "openai_key": AnalystSettings.model_fields["openai_key"].default,
    "openai_grammar": True,
    "calls_at_once": 2,
    # A busy machine is slow; that says nothing about the prompts.
    "call_seconds": 300.0,
}


class Silent:
    """Nobody counts what becomes of the requests of an evaluation: the report has every one."""

    def call_ended(self, provider: str, outcome: str, seconds: float) -> None:
        """Take no note."""

    def breaker_changed(self, provider: str, is_open: bool) -> None:
        """Take no note."""


def evaluate_through(
    provider: str, prompts: PromptSet, windows: Sequence[FrozenWindow], progress: Progress
) -> Report:
    """Ask a provider about windows: `embedded`, `openai` or `gemini`, the latter as EKIBEN_ANALYST_* say.

    Raises SettingsError for another name or a missing key, ServiceFailed if the embedded model does not
    start.
    """
    with _settings_of(provider, progress) as settings, _without_request_lines():
        return asyncio.run(_evaluate(settings, prompts, windows, progress))


@contextmanager
def _settings_of(provider: str, progress: Progress) -> Iterator[AnalystSettings]:
    settings = read_settings(AnalystSettings)
    if provider != EMBEDDED:
        yield settings.model_copy(update={"providers": provider})
        return
    progress("starting the embedded language model")
    with embedded_model() as address:
        yield settings.model_copy(update={"openai_url": address, **_AS_EMBEDDED})


async def _evaluate(
    settings: AnalystSettings, prompts: PromptSet, windows: Sequence[FrozenWindow], progress: Progress
) -> Report:
    chain = make_chain(settings, Silent())

    async def ask(prompt: Prompt) -> Completion:
        _, completion = await chain.complete(prompt, settings.call_seconds)
        return completion

    try:
        progress(f"asking about {len(windows)} windows in {len(prompts.languages)} languages")
        return await evaluate(ask, prompts, windows, settings.calls_at_once, progress)
    finally:
        await chain.close()


@contextmanager
def _without_request_lines() -> Iterator[None]:
    """Leave out the log line of every single request."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.configure(**before)
