"""Evaluations apart from any gate: on more items, or through others than the gate asks, for people."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import msgspec

from bentos.core.package import require_contract
from training.core.errors import NothingToEvaluate
from training.core.pipeline import Pipeline, Progress
from training.core.workbench import Workbench


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What an evaluation found."""

    name: str
    """What was evaluated, and through what, in a few words."""
    parameters: dict[str, Any]
    """What decides the result; JSON values only."""
    metrics: dict[str, float]
    report: dict[str, Any]
    """Every item with what was made of it, as JSON."""


@runtime_checkable
class Evaluable(Protocol):
    """A pipeline that can evaluate its packages on more items, or through others, than its gate does."""

    def current_files(self) -> Mapping[str, bytes]:
        """Return the files of the package that a training started now would make, as far as they matter."""
        ...

    def evaluate(
        self, files: Mapping[str, bytes], items: int, provider: str, progress: Progress
    ) -> Evaluation:
        """Evaluate a package on `items` of all frozen items (0: on all), through a provider.

        Raises SettingsError for a provider that it does not know, or for more items than there are.
        """
        ...


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation as it was recorded. `version` is empty if it was the checkout's package."""

    model: str
    version: str
    run_id: str
    metrics: dict[str, float]


def require_evaluable(pipeline: Pipeline) -> Evaluable:
    """Return the pipeline as one that evaluates. Raises NothingToEvaluate if it does not."""
    if not isinstance(pipeline, Evaluable):
        raise NothingToEvaluate(pipeline.name)
    return pipeline


def evaluate(
    bench: Workbench, pipeline: Pipeline, version: str, items: int, provider: str, progress: Progress
) -> Evaluated:
    """Evaluate a registered version, or without one what the checkout would make, and record it as a run.

    Raises NothingToEvaluate, SettingsError, VersionNotFound, PackageError or RegistryUnavailable, and
    whatever the evaluation raises.
    """
    evaluable = require_evaluable(pipeline)
    found = evaluable.evaluate(_files(bench, pipeline, version), items, provider, progress)
    progress("recording the evaluation")
    run_id = bench.tracking.record_evaluation(pipeline.name, version, found, bench.git())
    return Evaluated(model=pipeline.name, version=version, run_id=run_id, metrics=found.metrics)


def _files(bench: Workbench, pipeline: Pipeline, version: str) -> Mapping[str, bytes]:
    if not version:
        return require_evaluable(pipeline).current_files()
    package = bench.load(bench.registry.version(pipeline.name, version))
    require_contract(package, pipeline.contract)
    return package.files
