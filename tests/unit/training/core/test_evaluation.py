"""Evaluations are recorded for people, and decide nothing."""

import json
from pathlib import Path

import pytest

from bentos.core.errors import SettingsError
from tests.support.homes import make_bench, quiet
from tests.support.passing_pipeline import PassingPipeline
from tests.support.tiny_pipeline import TinyPipeline
from training.core import lifecycle
from training.core.errors import NothingToEvaluate, VersionNotFound
from training.core.evaluation import evaluate
from training.core.workbench import Workbench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return make_bench(tmp_path_factory.mktemp("home"))


def test_evaluation_is_a_run_with_parameters_metrics_and_every_answer(bench: Workbench) -> None:
    found = evaluate(bench, PassingPipeline(), "", 7, "embedded", quiet)
    run = bench.tracking._client.get_run(found.run_id)
    assert run.data.params == {"items": "7", "provider": "embedded"}
    assert run.data.metrics == found.metrics
    assert run.data.tags["kind"] == "evaluation"
    report = Path(bench.tracking._client.download_artifacts(found.run_id, "report.json"))
    assert json.loads(report.read_text()) == {"texts": ["one", "two"]}
    assert bench.registry.models() == []


def test_registered_version_is_evaluated_as_it_was_packaged(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    version = lifecycle.train(bench, PassingPipeline(en=90, fr=80), quiet).version
    found = evaluate(bench, PassingPipeline(en=10, fr=10), version.version, 0, "embedded", quiet)
    assert found.metrics["pass_share"] == pytest.approx(0.85)
    assert bench.tracking._client.get_run(found.run_id).data.tags["version"] == version.version


def test_what_cannot_be_evaluated_is_refused(bench: Workbench) -> None:
    with pytest.raises(NothingToEvaluate, match="tiny is evaluated by its training and its gate"):
        evaluate(bench, TinyPipeline(), "", 0, "embedded", quiet)
    with pytest.raises(VersionNotFound):
        evaluate(bench, PassingPipeline(), "3", 0, "embedded", quiet)
    with pytest.raises(SettingsError, match="oracle"):
        evaluate(bench, PassingPipeline(), "", 0, "oracle", quiet)
