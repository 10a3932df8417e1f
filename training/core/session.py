"""One quiet connection to MLflow, and the one place where its exceptions become ours.

MLflow reads its environment at import, so it is imported here and only after `_calm` has set it.
"""

import logging
import os
import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from training.core.errors import RegistryUnavailable, VersionNotFound
from training.core.files import make_folder
from training.core.settings import TrainingSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_REASON_LIMIT = 300
_ABSENT = frozenset({"RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND"})


class Session:
    """A client for the tracking server and registry in the settings. Opening one makes missing tables."""

    def __init__(self, settings: TrainingSettings) -> None:
        _calm(settings)
        import mlflow

        self.settings = settings
        if settings.tracking.startswith("sqlite"):
            make_folder(settings.home)
        mlflow.set_tracking_uri(settings.tracking)
        mlflow.set_registry_uri(settings.tracking)
        self.client = self._connect()

    @contextmanager
    def translated(self, model: str = "", version: str = "") -> Iterator[None]:
        """Raise VersionNotFound or RegistryUnavailable for what MLflow raises inside; its warnings are not
        ours."""
        from mlflow.exceptions import MlflowException

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except MlflowException as error:
            if version and error.error_code in _ABSENT:
                raise VersionNotFound(model, version) from error
            raise self._unavailable(error) from error
        except OSError as error:
            raise self._unavailable(error) from error

    def _connect(self) -> "MlflowClient":
        """Return a client. Whatever a database driver, a missing one among them, raises here means the
        same."""
        import mlflow
        from mlflow.store.db import utils

        # Ten attempts, the last after a pause of fifty seconds, are what MLflow makes of an unreachable
        # database.
        utils.MAX_RETRY_COUNT = self.settings.tracking_retries + 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return mlflow.MlflowClient(self.settings.tracking, self.settings.tracking)
        except Exception as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> RegistryUnavailable:
        reason = _CREDENTIALS.sub("//", _explain(error).strip().partition("\n")[0])
        short = textwrap.shorten(reason, _REASON_LIMIT, placeholder=" …")
        return RegistryUnavailable(self.settings.tracking_label, short)


def _explain(error: BaseException) -> str:
    """Return what went wrong with the network or a file, which HTTP libraries bury under addresses and
    retries."""
    chain = [error]
    while inner := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(inner)
    if not any(isinstance(link, OSError) for link in chain):
        return str(error)
    root = chain[-1]
    if isinstance(root, OSError) and root.strerror:
        return f"{root.strerror}: {root.filename}" if root.filename else root.strerror
    return str(root) or str(error)


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
    # What urllib3 says before each repetition, the error after the last one says with its reason.
    for name in ("mlflow", "alembic", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.ERROR)
