"""From a folder of prompts to the candidate that core registers: package files, metrics, examples."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import msgspec
import pandas as pd

from bentos.analyst.contract import load_contract
from bentos.analyst.facts import compute_facts
from bentos.analyst.fallback import fallback_text
from bentos.analyst.prompts import PromptSet
from bentos.analyst.selftest import SELFTEST_NAME, Example, make_self_test
from bentos.core.package import CONTRACT_NAME
from training.analyst.data import FrozenWindow, headlines_of
from training.analyst.evaluation import Report, summarise
from training.analyst.prompt_files import METRICS_NAME, prompt_files
from training.core.pipeline import Candidate

SELFTEST_WINDOWS = 4
REFUSED_TEXTS = {
    "en": "Buy now, the price will double. Volatility was 99.9% on 31 February.",
    "fr": "Achetez maintenant, le cours va doubler. La volatilité était de 99,9 % le 31 février.",
}
"""Texts that the checks must refuse for ever, whatever the facts are."""


def make_files(prompts: Mapping[str, bytes], windows: Sequence[FrozenWindow]) -> dict[str, bytes]:
    """Return the package's files as far as no evaluation is needed: prompts, contract and self-test."""
    parsed = PromptSet(prompts)
    examples = chain.from_iterable(
        _examples(parsed, number, window) for number, window in enumerate(windows[:SELFTEST_WINDOWS])
    )
    return {
        **prompts,
        CONTRACT_NAME: load_contract().encode(),
        SELFTEST_NAME: make_self_test(parsed, examples),
    }


def make_candidate(files: Mapping[str, bytes], report: Report) -> Candidate:
    """Return everything that is known about the prompts, given their evaluation."""
    metrics = summarise(report)
    shown = sorted(prompt_files(files))
    return Candidate(
        files={**files, METRICS_NAME: msgspec.json.format(msgspec.json.encode(metrics), indent=1)},
        metrics=metrics,
        report=msgspec.to_builtins(report),
        input_example=pd.DataFrame({"file": shown}),
        output_example=pd.DataFrame({"text": [files[name].decode() for name in shown]}),
        tracked_as="files",
    )


def _examples(prompts: PromptSet, number: int, window: FrozenWindow) -> Iterator[Example]:
    facts, headlines = compute_facts(window.candles), headlines_of(number)
    for language in prompts.languages:
        for text in (fallback_text(facts, language), REFUSED_TEXTS[language]):
            yield Example(facts=facts, headlines=headlines, language=language, text=text)
