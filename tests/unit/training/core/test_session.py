"""One connection to MLflow: quick to fail, quiet, and never a foreign exception."""

import os
import socket
import subprocess
import sys
from pathlib import Path

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
    uri = f"http://ann:hunter2@127.0.0.1:{closed_port()}"
    session = Session(TrainingSettings(tracking_uri=uri, tracking_retries=0, tracking_timeout_seconds=1))
    with pytest.raises(RegistryUnavailable) as caught, session.translated():
        session.client.search_registered_models()
    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(RegistryUnavailable, match=r"mlflow\.db"):
        session = Session(TrainingSettings(home=tmp_path))
        with session.translated():
            session.client.search_registered_models()


def test_missing_version_is_not_taken_for_an_outage(tmp_path: Path) -> None:
    session = Session(make_settings(tmp_path))
    with pytest.raises(VersionNotFound, match="tiny has no version 3"), session.translated("tiny", "3"):
        session.client.get_model_version("tiny", "3")


def test_telemetry_pickles_and_long_waits_are_off(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from training.core.session import Session;"
        "from training.core.settings import TrainingSettings;"
        "s = Session(TrainingSettings(home=Path(sys.argv[1])));"
        "import mlflow.environment_variables as e, mlflow.telemetry.utils as t;"
        "print(t.is_telemetry_disabled(), e.MLFLOW_ALLOW_PICKLE_DESERIALIZATION.get(),"
        " e.MLFLOW_HTTP_REQUEST_TIMEOUT.get(), e.MLFLOW_HTTP_REQUEST_MAX_RETRIES.get())"
    )
    make_settings(tmp_path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[4],
    )
    assert done.stdout == "True False 10 2\n"
