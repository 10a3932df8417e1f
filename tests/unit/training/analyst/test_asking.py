"""Evaluations go through real providers: the one that is named, or the embedded model."""

import pytest
import structlog

from bentos.core.errors import SettingsError
from tests.support.judged_prompts import SAMPLE_WINDOWS, current_prompts, good_model
from training.analyst.asking import evaluate_through
from training.analyst.data import first_windows
from training.analyst.evaluation import summarise


def test_named_provider_is_asked_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with good_model() as llm:
        monkeypatch.setenv("EKIBEN_ANALYST_OPENAI_URL", llm.url)
        monkeypatch.setenv("EKIBEN_ANALYST_OPENAI_MODEL", "mine")
        before = structlog.get_config()
        report = evaluate_through("openai", current_prompts(), first_windows(SAMPLE_WINDOWS), said.append)
    assert summarise(report)["first_try"] == 1.0
    assert {asked.body["model"] for asked in llm.asked} == {"mine"}
    assert said[0] == f"asking about {SAMPLE_WINDOWS} windows in 2 languages"
    assert structlog.get_config() == before


def test_unknown_provider_and_missing_key_are_wrong_settings() -> None:
    with pytest.raises(SettingsError, match="oracle"):
        evaluate_through("oracle", current_prompts(), first_windows(1), print)
    with pytest.raises(SettingsError, match="EKIBEN_ANALYST_GEMINI_KEY"):
        evaluate_through("gemini", current_prompts(), first_windows(1), print)


def test_embedded_model_writes_texts_about_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_ANALYST_OPENAI_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("EKIBEN_LLM_KEY", "a key of another process")
    report = evaluate_through("embedded", current_prompts(), first_windows(1), lambda sentence: None)
    assert [one.problem for one in report.asked] == ["", ""]
    assert all(one.tries[0].completion_tokens > 10 for one in report.asked)
    assert summarise(report)["grounded_after_checks"] == 1.0
