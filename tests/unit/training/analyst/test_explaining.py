"""`ekiben predict analyst`: closes in, a true text out, with a language model or without."""

from typing import Any

import pytest

from bentos.core.errors import InvalidFields
from tests.support.misbehaving_llm import misbehaving_llm
from training.analyst.explaining import explain
from training.analyst.prompt_files import read_prompts

CLOSES = [100.0, 101.0, 102.5, 104.0]


def test_without_a_model_the_rule_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_ANALYST_PROVIDERS", "")
    answer = explain(read_prompts("v1"), {"closes": CLOSES, "lang": "fr"})
    assert answer["source"] == "fallback"
    assert answer["model"] == ""
    assert answer["trend"] == "rising"
    assert answer["change_percent"] == pytest.approx(4.0)
    assert "4,0" in answer["analysis"]
    assert answer["prompt_version"] == "v1"


def test_model_of_the_settings_is_asked_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving_llm() as llm:
        monkeypatch.setenv("EKIBEN_ANALYST_OPENAI_URL", llm.url)
        llm.answer = lambda asked: "The price rose by 4.0% over 4 hourly closes. Volatility was high."
        good = explain(read_prompts("v1"), {"closes": CLOSES})
        llm.behaviour = "wrong_facts"
        untrue = explain(read_prompts("v1"), {"closes": CLOSES})
    assert (good["source"], untrue["source"]) == ("llm", "fallback")
    assert good["model"]


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"closes": [1.0]},
        {"closes": [1.0, -1.0]},
        {"closes": CLOSES, "lang": "de"},
        {"closes": CLOSES, "x": 1},
    ],
)
def test_request_that_does_not_fit_is_refused(request_body: dict[str, Any]) -> None:
    with pytest.raises(InvalidFields):
        explain(read_prompts("v1"), request_body)
