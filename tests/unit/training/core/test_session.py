"""One connection to MLflow: quick to fail, quiet, and never a foreign exception."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import make_settings
from training.core.errors import RegistryUnavailable, VersionNotFound
from training.core.session import Session
from training.core.settings import TrainingSettings


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_server_that_is_away_is_named_without_its_password() -> None:
    uri = f"http://ann:hunter2@127.0.0.1:{closed_port()}"  # pragma: allowlist secret
    session = Session(TrainingSettings(tracking_uri=uri, tracking_retries=0, tracking_timeout_seconds=1))
    with pytest.raises(RegistryUnavailable) as caught, session.translated():
        session.client.search_registered_models()
    where = uri.replace("ann:hunter2@", "")
    assert str(caught.value) == f"The model registry at {where} failed: Connection refused"


def test_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(RegistryUnavailable, match=r"mlflow\.db"):
        Session(TrainingSettings(home=tmp_path))


def test_database_without_its_driver_is_named_without_its_password() -> None:
    uri = "postgresql://ann:hunter2@127.0.0.1:1/mlflow"  # pragma: allowlist secret
    with pytest.raises(RegistryUnavailable, match="psycopg") as caught:
        Session(TrainingSettings(tracking_uri=uri))
    assert "hunter2" not in str(caught.value)


def test_missing_version_is_not_taken_for_an_outage(tmp_path: Path) -> None:
    session = Session(make_settings(tmp_path))
    with pytest.raises(VersionNotFound, match="tiny has no version 3"), session.translated("tiny", "3"):
        session.client.get_model_version("tiny", "3")


def test_telemetry_pickles_and_long_waits_are_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MLFLOW")]:
        monkeypatch.delenv(name)
    Session(make_settings(tmp_path, tracking_timeout_seconds=7))
    from mlflow import environment_variables
    from mlflow.telemetry.utils import is_telemetry_disabled

    in_force: Any = environment_variables
    assert is_telemetry_disabled()
    assert not in_force.MLFLOW_ALLOW_PICKLE_DESERIALIZATION.get()
    assert in_force.MLFLOW_HTTP_REQUEST_TIMEOUT.get() == 7
    assert in_force.MLFLOW_HTTP_REQUEST_MAX_RETRIES.get() == 2


def test_what_the_operator_says_of_mlflow_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "33")
    Session(make_settings(tmp_path))
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "33"
