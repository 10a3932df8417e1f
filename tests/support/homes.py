"""Fresh homes with a real registry: MLflow's tables are made once per test run and copied, which takes no
time."""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.tiny_pipeline import TinyPipeline
from training.core import lifecycle, promotion
from training.core.packaging import sign_package
from training.core.pipeline import Check
from training.core.registry import CHALLENGER, GateState, ModelVersion, Tag
from training.core.session import Session
from training.core.settings import TrainingSettings
from training.core.verdict import Verdict
from training.core.workbench import Workbench, open_workbench


@cache
def _empty_registry() -> bytes:
    folder = Path(tempfile.mkdtemp())
    try:
        session = Session(TrainingSettings(home=folder))
        with session.translated():
            session.client.search_experiments()
        return (folder / "mlflow.db").read_bytes()
    finally:
        shutil.rmtree(folder)


def make_settings(home: Path, **settings: Any) -> TrainingSettings:
    """Return the settings of a home in which the registry's tables exist already."""
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "mlflow.db").exists():
        (home / "mlflow.db").write_bytes(_empty_registry())
    return TrainingSettings(home=home, **settings)


def make_bench(home: Path, **settings: Any) -> Workbench:
    """Return a workbench on a home of its own."""
    return open_workbench(make_settings(home, **settings))


def train(bench: Workbench, pipeline: TinyPipeline) -> ModelVersion:
    """Train for good, with everything that MLflow logs; return the version as it is after judging."""
    return lifecycle.train(bench, pipeline, quiet).version


def train_champion(bench: Workbench, pipeline: TinyPipeline) -> ModelVersion:
    """Train a version and promote it whatever the gate says; return it as champion."""
    return _crown(bench, pipeline, train(bench, pipeline))


def add_version(
    bench: Workbench, pipeline: TinyPipeline, gate: GateState = "passed", compared_with: str = ""
) -> ModelVersion:
    """Register a signed package with a made-up verdict and no run: a tenth of the time of a training."""
    inputs = pipeline.inputs()
    package = sign_package(pipeline.name, pipeline.files(), inputs, "abc", bench.key())
    check = Check(name="improvement", passed=gate == "passed", detail="Log loss is what a test says.")
    verdict = Verdict(
        passed=check.passed, compared_with=compared_with, checks=(check,), scores={}, champion_scores={}
    )
    tags = {
        Tag.DIGEST: package.digest,
        Tag.URI: bench.packages.put(package),
        Tag.INPUTS: inputs.digest(),
        Tag.GATE: gate,
        Tag.VERDICT: "" if gate == "pending" else verdict.encode().decode(),
    }
    version = bench.registry.register(pipeline.name, package.digest, "", tags, "made by a test")
    if gate == "passed":
        bench.registry.set_alias(pipeline.name, CHALLENGER, version.version)
    return bench.registry.version(pipeline.name, version.version)


def add_champion(bench: Workbench, pipeline: TinyPipeline) -> ModelVersion:
    """Register a version as `add_version` does, and promote it."""
    return _crown(bench, pipeline, add_version(bench, pipeline))


def _crown(bench: Workbench, pipeline: TinyPipeline, version: ModelVersion) -> ModelVersion:
    promotion.promote(bench, pipeline, version.version, force_reason="a test needs it")
    return bench.registry.version(pipeline.name, version.version)


def quiet(sentence: str) -> None:
    """Progress that nobody reads."""
