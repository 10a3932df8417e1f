"""What MLflow's page shows of a training, and that nothing lands where it should not."""

import json
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from bentos.core.manifest import SIGNATURE_NAME
from tests.support.homes import make_bench, quiet
from tests.support.passing_pipeline import PassingPipeline
from tests.support.tiny_pipeline import PNG, TinyPipeline
from training.core.gate import judge
from training.core.git import GitState
from training.core.packaging import sign_package
from training.core.passes import same_items
from training.core.pipeline import FrozenPasses, FrozenScores
from training.core.tracking import TrackedRun
from training.core.workbench import Workbench

PIPELINE = TinyPipeline()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a home with spaces")


@pytest.fixture(scope="module")
def bench(home: Path) -> Workbench:
    return make_bench(home / "ekiben")


@pytest.fixture(scope="module")
def run(bench: Workbench, home: Path) -> Iterator[TrackedRun]:
    inputs, candidate = PIPELINE.inputs(), PIPELINE.train(quiet)
    package = sign_package("tiny", candidate.files, inputs, "abc", bench.key())
    with pytest.MonkeyPatch.context() as patch:
        (home / "elsewhere").mkdir()
        patch.chdir(home / "elsewhere")
        yield bench.tracking.record("tiny", inputs, candidate, package, GitState("abc", dirty=True))


@pytest.fixture(scope="module")
def artifacts(bench: Workbench, run: TrackedRun, home: Path) -> Path:
    return Path(bench.tracking._client.download_artifacts(run.run_id, "", str(home / "elsewhere")))


def test_run_shows_parameters_metrics_and_where_it_came_from(bench: Workbench, run: TrackedRun) -> None:
    shown = bench.tracking._client.get_run(run.run_id)
    assert shown.info.status == "FINISHED"
    assert shown.data.params == {
        "xgboost.trees": "20",
        "xgboost.depth": "3",
        "rows": "400",
        "note": "",
        "seed": "7",
    }
    assert shown.data.metrics == {"train/log_loss": 0.5}
    assert shown.data.tags["mlflow.source.git.commit"] == "abc"
    assert shown.data.tags["git_dirty"] == "true"
    assert shown.data.tags["data_sha256"] == PIPELINE.inputs().data_sha256
    assert shown.data.tags["inputs_sha256"] == PIPELINE.inputs().digest()


def test_figures_and_report_are_artifacts_of_the_run(artifacts: Path) -> None:
    assert (artifacts / "figures" / "calibration.png").read_bytes() == PNG
    assert json.loads((artifacts / "report.json").read_text()) == {"rows": 400}


def test_everything_lies_in_the_home_and_nothing_in_the_current_folder(run: TrackedRun, home: Path) -> None:
    assert not (home / "elsewhere" / "mlruns").exists()
    assert not (home / "elsewhere" / "mlflow.db").exists()
    assert list((home / "ekiben" / "artifacts" / "tiny" / "models").glob("m-*/artifacts/MLmodel"))


def test_tracked_model_answers_in_a_notebook_as_the_package_does(run: TrackedRun) -> None:
    loaded = mlflow.pyfunc.load_model(run.model_uri)
    candidate = PIPELINE.train(quiet)
    answers = loaded.predict(candidate.input_example)
    pd.testing.assert_frame_equal(answers, candidate.output_example)


def test_tracked_model_has_signature_example_and_pinned_requirements(run: TrackedRun) -> None:
    info = mlflow.models.get_model_info(run.model_uri)
    assert info.signature.inputs.input_names() == ["height", "weight", "speed"]
    assert info.signature.outputs.input_names() == ["wins"]
    assert info.saved_input_example_info is not None
    requirements = mlflow.pyfunc.get_model_dependencies(run.model_uri)
    assert "onnxruntime==" in Path(requirements).read_text()


def test_tracked_model_holds_the_signed_package(home: Path, run: TrackedRun) -> None:
    names = {
        path.name for path in (home / "ekiben").glob("artifacts/tiny/models/*/artifacts/artifacts/package/*")
    }
    assert names == {*PIPELINE.files(), "manifest.json", SIGNATURE_NAME}


def test_verdict_and_frozen_answers_are_recorded_and_read_back(bench: Workbench, run: TrackedRun) -> None:
    assert bench.tracking.recorded_scores(run.run_id) is None
    verdict, frozen = judge(PIPELINE, PIPELINE.files(), None)
    assert isinstance(frozen, FrozenScores)
    bench.tracking.record_verdict(run.run_id, verdict, frozen)
    recorded = bench.tracking.recorded_scores(run.run_id)
    assert isinstance(recorded, FrozenScores)
    assert (recorded.probability == frozen.probability).all()
    assert (recorded.successes == frozen.successes).all()
    shown = bench.tracking._client.get_run(run.run_id)
    assert shown.data.tags["gate"] == "passed"
    assert shown.data.metrics["gate/minimum_accuracy"] == verdict.scores["accuracy"]
    written = mlflow.artifacts.load_dict(f"{shown.info.artifact_uri}/gate/verdict.json")
    assert written["passed"] is True


def _record_files(bench: Workbench) -> TrackedRun:
    pipeline = PassingPipeline()
    candidate = pipeline.train(quiet)
    package = sign_package("tiny", candidate.files, pipeline.inputs(), "abc", bench.key())
    return bench.tracking.record("tiny", pipeline.inputs(), candidate, package, GitState("abc", dirty=False))


def test_package_without_an_engine_shows_its_files_in_a_notebook(bench: Workbench) -> None:
    loaded = mlflow.pyfunc.load_model(_record_files(bench).model_uri)
    shown = loaded.predict(pd.DataFrame({"file": ["text.txt", "no.txt"]}))
    assert shown["text"].tolist() == ["95 90", ""]


def test_recorded_passes_are_read_back(bench: Workbench) -> None:
    run = _record_files(bench)
    verdict, frozen = judge(PassingPipeline(), PassingPipeline().files(), None)
    bench.tracking.record_verdict(run.run_id, verdict, frozen)
    recorded = bench.tracking.recorded_scores(run.run_id)
    assert isinstance(recorded, FrozenPasses)
    assert isinstance(frozen, FrozenPasses)
    assert same_items(recorded, frozen)
    assert (recorded.passed == frozen.passed).all()


def test_removed_model_leaves_the_run(bench: Workbench, home: Path) -> None:
    inputs, candidate = PIPELINE.inputs(), PIPELINE.train(quiet)
    package = sign_package("tiny", candidate.files, inputs, "abc", bench.key())
    run = bench.tracking.record("tiny", inputs, candidate, package, GitState("", dirty=False))
    folder = home / "ekiben" / "artifacts" / "tiny" / "models" / run.model_uri.removeprefix("models:/")
    assert folder.exists()
    bench.tracking.remove_model(run.model_uri)
    bench.tracking.remove_model(run.model_uri)
    assert not list(folder.rglob("*.onnx"))
    assert bench.tracking._client.get_run(run.run_id).info.status == "FINISHED"
