"""Fresh homes with a real registry: MLflow's tables are made once per test run and copied, which takes no
time."""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.tiny_pipeline import TinyPipeline
from training.core import lifecycle, promotion
from training.core.registry import ModelVersion
from training.core.session import Session
from training.core.settings import TrainingSettings
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
    """Train and return the version as it is after judging."""
    return lifecycle.train(bench, pipeline, quiet).version


def train_champion(bench: Workbench, pipeline: TinyPipeline) -> ModelVersion:
    """Train a version and promote it whatever the gate says; return it as champion."""
    version = train(bench, pipeline)
    promotion.promote(bench, pipeline, version.version, force_reason="a test needs it")
    return bench.registry.version(pipeline.name, version.version)


def quiet(sentence: str) -> None:
    """Progress that nobody reads."""
