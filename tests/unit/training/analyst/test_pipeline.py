"""Prompts go the way of every model: judged, refused or promoted, pinned, rolled back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bentos.analyst.predictor import load_predictor
from bentos.core.errors import SettingsError
from tests.support.homes import make_bench, quiet
from tests.support.judged_prompts import SAMPLE_WINDOWS, good_model, judged_by, small_pipeline
from tests.support.misbehaving_llm import Behaviour, MisbehavingLlm
from training.analyst import pipeline as module
from training.analyst import prompt_files
from training.analyst.pipeline import PIPELINE, AnalystPipeline
from training.core import lifecycle
from training.core.errors import NotGated
from training.core.evaluation import Evaluable, evaluate
from training.core.pins import read_pin
from training.core.pipeline import find_pipeline
from training.core.promotion import promote, rollback


@pytest.fixture
def llm() -> Iterator[MisbehavingLlm]:
    with good_model() as llm:
        yield llm


@pytest.fixture
def pipeline(llm: MisbehavingLlm) -> Iterator[AnalystPipeline]:
    with judged_by(llm) as pipeline:
        yield pipeline


def test_it_is_found_by_its_name_and_can_be_evaluated() -> None:
    assert find_pipeline("analyst") is PIPELINE
    assert isinstance(PIPELINE, Evaluable)
    assert PIPELINE.gate.minimum_scores["pass_share"] > 0.5


def test_good_prompts_pass_are_promoted_and_load_in_the_service(
    tmp_path: Path, pipeline: AnalystPipeline
) -> None:
    bench = make_bench(tmp_path)
    done = lifecycle.train(bench, pipeline, quiet)
    assert done.version.gate == "passed", done.version.verdict
    assert done.version.metrics["first_try"] == 1.0
    promote(bench, pipeline)
    rollout = read_pin(tmp_path, "analyst")
    assert rollout
    predictor = load_predictor(bench.load(done.version), 1)
    predictor.self_test()
    assert predictor.prompts.version == "v1"
    assert not lifecycle.train(bench, small_pipeline(), quiet).new


@pytest.mark.parametrize("behaviour", ["wrong_facts", "server_error"])
def test_service_that_always_falls_back_fails_the_gate_and_is_not_promoted(
    tmp_path: Path, pipeline: AnalystPipeline, llm: MisbehavingLlm, behaviour: Behaviour
) -> None:
    llm.behaviour = behaviour
    bench = make_bench(tmp_path, promotion="auto")
    done = lifecycle.train(bench, pipeline, quiet)
    assert not done.promoted
    verdict = done.version.verdict
    assert verdict
    assert verdict.scores["pass_share"] == 0.0
    assert "minimum_pass_share" in {check.name for check in verdict.refusals}
    assert next(check for check in verdict.checks if check.name == "grounded_after_checks").passed
    with pytest.raises(NotGated, match="minimum_pass_share"):
        promote(bench, pipeline, done.version.version)
    assert read_pin(tmp_path, "analyst") is None


def test_prompts_below_the_floor_are_not_promoted(
    tmp_path: Path, pipeline: AnalystPipeline, llm: MisbehavingLlm
) -> None:
    """Two of ten first tries fail. Callers never see that, but the gate does."""
    llm.next = ["wrong_facts", "wrong_facts"]
    bench = make_bench(tmp_path)
    done = lifecycle.train(bench, pipeline, quiet)
    assert done.version.verdict
    assert done.version.verdict.scores["pass_share"] == pytest.approx(1 - 2 / (2 * SAMPLE_WINDOWS))
    with pytest.raises(NotGated, match="minimum_pass_share"):
        promote(bench, pipeline, done.version.version)


def test_new_prompts_are_judged_beside_the_champion_and_rolled_back(
    tmp_path: Path, pipeline: AnalystPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(tmp_path, promotion="auto")
    lifecycle.train(bench, pipeline, quiet)
    _write_second_version(tmp_path / "prompts", monkeypatch)
    second = small_pipeline(prompts="v2")
    done = lifecycle.train(bench, second, quiet)
    assert done.promoted, done.version.verdict
    verdict = done.version.verdict
    assert verdict
    assert verdict.compared_with == "1"
    assert next(check for check in verdict.checks if check.name == "improvement").value == 0.0
    assert rollback(bench, second).version == "1"
    rollout = read_pin(tmp_path, "analyst")
    assert rollout
    assert rollout.version == "1"


def _write_second_version(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that asks the same with another name, so that the same texts are right for both."""
    target = folder / "v2"
    target.mkdir(parents=True)
    for name, content in prompt_files.read_prompts("v1").items():
        (target / name).write_bytes(content.replace(b'"v1"', b'"v2"') if name == "prompt.json" else content)
    monkeypatch.setattr(prompt_files, "PROMPTS", folder)


def test_each_set_of_prompts_is_asked_once_in_a_process(
    pipeline: AnalystPipeline, llm: MisbehavingLlm
) -> None:
    files = pipeline.train(quiet).files
    pipeline.score_frozen(files)
    pipeline.behaviour(files)
    assert len(llm.asked) == 2 * SAMPLE_WINDOWS


def test_altered_prompts_fail_their_self_test(pipeline: AnalystPipeline) -> None:
    files = pipeline.train(quiet).files
    altered = {**files, "user.en.txt": files["user.en.txt"] + b" Hurry."}
    outcome = {check.name: check.passed for check in pipeline.behaviour(altered)}
    assert outcome["self_test"] is False


def test_evaluation_through_a_provider_is_recorded(
    tmp_path: Path, llm: MisbehavingLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_ANALYST_OPENAI_URL", llm.url)
    bench = make_bench(tmp_path)
    found = evaluate(bench, small_pipeline(), "", SAMPLE_WINDOWS, "openai", quiet)
    assert found.metrics["first_try"] == 1.0
    run = bench.tracking._client.get_run(found.run_id)
    assert run.data.params["provider"] == "openai"
    assert run.data.params["prompts"] == "v1"


def test_inputs_change_with_prompts_data_and_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = PIPELINE.inputs()
    assert PIPELINE.inputs() == before
    assert small_pipeline().inputs().digest() != before.digest()
    monkeypatch.setattr(module, "TRAINING_CODE", ("asking",))
    assert PIPELINE.inputs().code_sha256 != before.code_sha256
    monkeypatch.setattr(module, "data_hash", lambda: "other")
    assert PIPELINE.inputs().data_sha256 == "other"
    with pytest.raises(SettingsError, match="'v9'"):
        small_pipeline(prompts="v9").inputs()


def test_question_is_answered_by_a_package(
    tmp_path: Path, pipeline: AnalystPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_ANALYST_PROVIDERS", "")
    bench = make_bench(tmp_path)
    package = bench.load(lifecycle.train(bench, pipeline, quiet).version)
    request: dict[str, Any] = {"closes": [100.0, 99.0, 98.0]}
    assert pipeline.predict(package, request)["trend"] == "falling"
