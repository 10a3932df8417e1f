"""One quiet connection to MLflow, and the one place where its exceptions become ours.

MLflow reads its environment at import, so it is imported here and only after `_calm` has set it.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from training.core.errors import RegistryUnavailable, VersionNotFound
from training.core.settings import TrainingSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_ABSENT = frozenset({"RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND"})


class Session:
    """A client for the tracking server and registry in the settings. Opening one makes missing tables."""

    def __init__(self, settings: TrainingSettings) -> None:
        _calm(settings)
        import mlflow

        self.settings = settings
        if settings.tracking.startswith("sqlite"):
            settings.home.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(settings.tracking)
        mlflow.set_registry_uri(settings.tracking)
        with self.translated():
            self.client: MlflowClient = mlflow.MlflowClient(settings.tracking, settings.tracking)

    @contextmanager
    def translated(self, model: str = "", version: str = "") -> Iterator[None]:
        """Raise VersionNotFound or RegistryUnavailable for what MLflow raises inside."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            if version and error.error_code in _ABSENT:
                raise VersionNotFound(model, version) from error
            raise RegistryUnavailable(self.settings.tracking_label, _first_line(error)) from error
        except OSError as error:
            raise RegistryUnavailable(self.settings.tracking_label, _first_line(error)) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]


def _calm(settings: TrainingSettings) -> None:
    """No telemetry, no pickles, no chatter, no long waits; what the operator's environment says wins."""
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_UV_AUTO_DETECT": "false",
        "MLFLOW_LOGGING_LEVEL": "ERROR",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(settings.tracking_timeout_seconds),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": str(settings.tracking_retries),
        "GIT_PYTHON_REFRESH": "quiet",
    }.items():
        os.environ.setdefault(name, value)
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="mlflow")
