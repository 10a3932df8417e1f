"""Training runs as MLflow shows them: parameters, metrics, figures, where the code and the data came from, a
model."""

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from importlib.metadata import version as installed_version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from training.core.errors import RegistryUnavailable, VersionNotFound
from training.core.git import GitState
from training.core.packaging import SignedPackage
from training.core.pipeline import Candidate, Frozen, FrozenPasses, FrozenScores, TrainingInputs
from training.core.session import Session
from training.core.verdict import Verdict

if TYPE_CHECKING:
    from training.core.evaluation import Evaluation

_MODEL_CODE = {
    "onnx": (Path(__file__).with_name("pyfunc_model.py"), ("mlflow", "numpy", "onnxruntime", "pandas")),
    "files": (Path(__file__).with_name("pyfunc_files.py"), ("mlflow", "pandas")),
}
"""What MLflow's copy of a model runs, and what that needs, by `Candidate.tracked_as`."""
_FROZEN_SCORES = "gate/frozen_scores.npz"
_PARAMETER_LIMIT = 6000
"""Characters that MLflow keeps of a parameter's value."""


class TrackedRun(msgspec.Struct, frozen=True):
    """A finished run, and the address of the model that was logged in it."""

    run_id: str
    model_uri: str


class Tracking:
    """Writes runs, reads back what a gate recorded. Every method raises RegistryUnavailable."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.client

    def record(
        self, model: str, inputs: TrainingInputs, candidate: Candidate, package: SignedPackage, git: GitState
    ) -> TrackedRun:
        """Record one training as a run in the model's experiment, the package's files with it."""
        import mlflow

        with self._session.translated():
            experiment = self._experiment(model)
            name = f"{model} {package.digest[7:15]}"
            with mlflow.start_run(experiment_id=experiment, run_name=name) as run:
                run_id = run.info.run_id
                mlflow.set_tags(_run_tags(inputs, package, git))
                mlflow.log_params(_flatten({**inputs.parameters, "seed": inputs.seed}))
                model_uri = self._log_model(model, candidate, package)
                mlflow.log_metrics(candidate.metrics)
                mlflow.log_dict(candidate.report, "report.json")
                self._log_figures(run_id, candidate.figures)
        return TrackedRun(run_id, model_uri)

    def record_evaluation(self, model: str, version: str, evaluation: "Evaluation", git: GitState) -> str:
        """Record an evaluation as a run of its own in the model's experiment; return the run's id."""
        import mlflow

        tags = {
            "kind": "evaluation",
            "version": version,
            "mlflow.source.git.commit": git.commit,
            "git_dirty": str(git.dirty).lower(),
        }
        with self._session.translated():
            experiment = self._experiment(model)
            with mlflow.start_run(experiment_id=experiment, run_name=evaluation.name) as run:
                mlflow.set_tags(tags)
                mlflow.log_params(_flatten(evaluation.parameters))
                mlflow.log_metrics(evaluation.metrics)
                mlflow.log_dict(evaluation.report, "report.json")
                return str(run.info.run_id)

    def record_verdict(self, run_id: str, verdict: Verdict, frozen: Frozen) -> None:
        """Add the gate's findings to the run: `gate/verdict.json`, its numbers as metrics, the frozen
        answers."""
        buffer = BytesIO()
        arrays = {field.name: getattr(frozen, field.name) for field in fields(frozen)}
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        with self._session.translated():
            self._client.log_dict(run_id, json.loads(verdict.encode()), "gate/verdict.json")
            self._log_bytes(run_id, _FROZEN_SCORES, buffer.getvalue())
            for check in verdict.checks:
                if check.value is not None:
                    self._client.log_metric(run_id, f"gate/{check.name}", check.value)
            self._client.set_tag(run_id, "gate", "passed" if verdict.passed else "refused")

    def recorded_scores(self, run_id: str) -> Frozen | None:
        """Return the answers that a gate recorded for this run's model, or None if there are none."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                with self._session.translated():
                    path = self._client.download_artifacts(run_id, _FROZEN_SCORES, folder)
            except RegistryUnavailable:
                return None
            with np.load(path, allow_pickle=False) as arrays:
                kind = FrozenPasses if "passed" in arrays else FrozenScores
                return kind(**arrays)

    def remove_model(self, model_uri: str) -> None:
        """Delete MLflow's copy of a model, if it is still there; the run with its metrics and figures
        stays."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        model_id = model_uri.removeprefix("models:/")
        with suppress(VersionNotFound), self._session.translated("the tracked model", model_id):
            logged = self._client.get_logged_model(model_id)
            repository: Any = get_artifact_repository(logged.artifact_location)
            repository.delete_artifacts()
            self._client.delete_logged_model(model_id)

    def _experiment(self, model: str) -> str:
        """Return the id of the model's experiment; artifacts would land in the current folder without a
        location."""
        found = self._client.get_experiment_by_name(model)
        if found:
            return str(found.experiment_id)
        root = self._session.settings.artifacts
        location = f"{root.rstrip('/')}/{model}" if root else None
        return self._client.create_experiment(model, artifact_location=location)

    def _log_model(self, model: str, candidate: Candidate, package: SignedPackage) -> str:
        """Log the package as models-from-code: plain files and a module that reads them; nothing is
        pickled."""
        import mlflow

        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder, "package")
            files.mkdir()
            for name, content in package.files.items():
                (files / name).write_bytes(content)
            columns = Path(folder, "columns.json")
            columns.write_text(_column_names(candidate))
            code, requirements = _MODEL_CODE[candidate.tracked_as]
            logged = mlflow.pyfunc.log_model(
                name=model,
                python_model=str(code),
                artifacts={"package": str(files), "columns": str(columns)},
                signature=mlflow.models.infer_signature(candidate.input_example, candidate.output_example),
                input_example=candidate.input_example,
                pip_requirements=[f"{name}=={installed_version(name)}" for name in requirements],
            )
        return str(logged.model_uri)

    def _log_figures(self, run_id: str, figures: Mapping[str, bytes]) -> None:
        for name, content in figures.items():
            self._log_bytes(run_id, f"figures/{name}", content)

    def _log_bytes(self, run_id: str, path: str, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, Path(path).name)
            file.write_bytes(content)
            self._client.log_artifact(run_id, str(file), str(Path(path).parent))


def _column_names(candidate: Candidate) -> str:
    return json.dumps(
        {
            "inputs": list(candidate.input_example.columns),
            "outputs": list(candidate.output_example.columns),
        }
    )


def _run_tags(inputs: TrainingInputs, package: SignedPackage, git: GitState) -> dict[str, str]:
    return {
        "mlflow.source.git.commit": git.commit,
        "git_dirty": str(git.dirty).lower(),
        "data_sha256": inputs.data_sha256,
        "code_sha256": inputs.code_sha256,
        "inputs_sha256": inputs.digest(),
        "contract": inputs.contract,
        "package_digest": package.digest,
    }


def _flatten(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return `{"a.b": "1"}` for `{"a": {"b": 1}}`; lists stay JSON."""
    flat: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            flat[f"{prefix}{name}"] = text[:_PARAMETER_LIMIT]
    return flat
