"""The small programs that run in the pods, as far as they run without MLflow's server."""

import configparser
import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy

from tests.support.helm import CHARTS

FILES = CHARTS / "mlflow/files"
PREPARE = FILES / "prepare.py"


@pytest.fixture(scope="module")
def prepare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare", PREPARE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_settings_are_read_back_as_they_were_meant(prepare: ModuleType) -> None:
    uri = "postgresql+psycopg://u:p%2Fw%25@h:5432/d?a=b"  # pragma: allowlist secret
    found = configparser.ConfigParser()
    found.read_string(prepare.settings_of_accounts(uri, "READ", "boss", 30))
    assert found["mlflow"]["database_uri"] == uri
    assert found["mlflow"]["default_permission"] == "READ"
    assert found["mlflow"]["admin_username"] == "boss"
    assert found["mlflow"]["auth_cache_ttl_seconds"] == "30"


def test_what_is_written_is_for_its_owner_only_and_replaces_what_was(
    prepare: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "basic_auth.ini"
    path.write_text("old")
    path.chmod(0o644)
    prepare.write_privately(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_account_is_two_files(prepare: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "username").write_text("ann")
    (tmp_path / "password").write_text("secret")
    assert prepare.read_account(tmp_path) == ("ann", "secret")


def test_a_line_break_in_a_password_is_refused(prepare: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "username").write_text("ann")
    (tmp_path / "password").write_text("secret\n")
    with pytest.raises(SystemExit, match="a blank or a line break"):
        prepare.read_account(tmp_path)


def test_a_database_that_does_not_answer_is_an_error_after_the_wait(
    prepare: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(sqlalchemy.exc.OperationalError):
        prepare.connect(f"sqlite:///{tmp_path}/no/such/folder.db", wait_seconds=-1)


def test_a_database_that_answers_is_connected_and_locked(prepare: ModuleType, tmp_path: Path) -> None:
    engine = prepare.connect(f"sqlite:///{tmp_path}/a.db", wait_seconds=5)
    with prepare.one_at_a_time(engine):
        assert sqlalchemy.inspect(engine).get_table_names() == []
    engine.dispose()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _fetch(port: int) -> str:
    for _ in range(100):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(port)


def test_counters_that_other_processes_left_are_served_until_a_signal(tmp_path: Path) -> None:
    port = _free_port()
    asked = {"METRICS_HOST": "127.0.0.1", "METRICS_PORT": str(port)}
    environment = {**os.environ, **asked, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    counting = "from prometheus_client import Counter; Counter('asked', 'Questions.').inc(3)"
    subprocess.run([sys.executable, "-c", counting], env=environment, check=True)
    server = subprocess.Popen([sys.executable, str(FILES / "metrics.py")], env=environment)
    try:
        assert "asked_total 3.0" in _fetch(port)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


class _Answers(BaseHTTPRequestHandler):
    """Answers as MLflow's server does, or as one without accounts would."""

    open_to_all = False

    def do_GET(self) -> None:
        if self.path == "/health" or (self.open_to_all and self.headers["Host"] != "elsewhere.example"):
            status = 200
        elif self.headers["Host"] == "elsewhere.example":
            status = 403
        else:
            status = 200 if self.headers["Authorization"] == "Basic YW5uOnNlY3JldA==" else 401
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""


@pytest.mark.parametrize(("open_to_all", "code"), [(False, 0), (True, 1)])
def test_the_check_fails_if_the_server_asks_for_no_account(
    tmp_path: Path, open_to_all: bool, code: int
) -> None:
    (tmp_path / "username").write_text("ann")
    (tmp_path / "password").write_text("secret")
    handler = type("Handler", (_Answers,), {"open_to_all": open_to_all})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        environment = {
            **os.environ,
            "MLFLOW_HOST": f"127.0.0.1:{server.server_port}",
            "ACCOUNT_FOLDER": str(tmp_path),
        }
        command = [sys.executable, str(FILES / "check.py")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        server.shutdown()
    assert done.returncode == code, done.stderr
    assert ("models, without an account: 200" in done.stderr) is open_to_all
