"""What MLflow is told of an evaluation."""

import asyncio

import pytest

from tests.support.judged_prompts import SAMPLE_WINDOWS, current_prompts
from tests.unit.training.analyst.test_evaluation import give_advice
from training.analyst.data import first_windows
from training.analyst.described import describe
from training.analyst.evaluation import evaluate


def test_evaluation_names_what_decided_it_and_has_intervals() -> None:
    windows = first_windows(SAMPLE_WINDOWS)
    report = asyncio.run(evaluate(give_advice, current_prompts(), windows, 2, lambda sentence: None))
    found = describe(report, "openai")
    assert found.name == "prompts v1 through openai"
    assert found.parameters["model"] == "small"
    assert found.parameters["windows"] == SAMPLE_WINDOWS
    for name in ("first_try", "first_try_en", "first_try_fr"):
        ends = [found.metrics[f"{name}_{end}"] for end in ("low", "high")]
        assert ends == [found.metrics[name]] * 2 == pytest.approx([0.0, 0.0])
    assert found.report["asked"][0]["window"] == windows[0].name
