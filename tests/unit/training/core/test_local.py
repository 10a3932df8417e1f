"""The local stack: its commands say exactly what runs, and two runs never share a home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bentos.core.errors import SettingsError
from tests.support.tiny.package import make_package
from tests.unit.training.core.services import wait_until
from training.core import local
from training.core.errors import HomeInUse
from training.core.local import (
    explain_refusal,
    find_running,
    hold_home,
    model_service,
    require_space,
    tracking_service,
)
from training.core.pins import Rollout
from training.core.settings import TrainingSettings

ROLLOUT = Rollout(uri="/packages/1", version="1", digest="sha256:" + "ab" * 32, public_key="/keys/k.pem")

TINY = "tests.support.tiny.definition:DEFINITION"

HOLDER = """
import sys, time
from pathlib import Path
from training.core.local import hold_home
with hold_home(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def settings(tmp_path: Path) -> TrainingSettings:
    return TrainingSettings(home=tmp_path)


def test_tracking_server_is_local_small_and_takes_no_uploads(settings: TrainingSettings) -> None:
    service = tracking_service(settings, 5001)
    command = " ".join(service.command)
    assert f"--backend-store-uri sqlite:///{settings.home / 'mlflow.db'}" in command
    assert f"--default-artifact-root {settings.home / 'artifacts'}" in command
    assert "--host 127.0.0.1 --port 5001 --workers 1" in command
    assert "--no-serve-artifacts" in command
    assert service.environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert service.environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_model_service_serves_the_pin_and_nothing_else(settings: TrainingSettings) -> None:
    service = model_service(settings, "battle", ROLLOUT, 3001)
    assert service.command[1:] == ("-m", "bentos.core.serve", "battle")
    assert service.environment["EKIBEN_MODEL_SOURCE"] == "registry"
    assert service.environment["EKIBEN_MODEL_DIGEST"] == "sha256:" + "ab" * 32
    assert service.environment["EKIBEN_SERVER_PORT"] == "3001"
    assert service.ready_url == "http://127.0.0.1:3001/readyz"


def test_package_that_would_not_load_is_refused_in_one_sentence(tmp_path: Path) -> None:
    package = make_package(tmp_path)
    rollout = Rollout(
        uri=package.pin.uri,
        version="1",
        digest=package.pin.digest,
        public_key=str(package.public_key),
    )
    assert explain_refusal(TINY, rollout) is None
    (package.folder / "model.onnx").write_bytes(b"other trees")
    reason = explain_refusal(TINY, rollout)
    assert reason
    assert reason.startswith("model.onnx at ")
    assert "was altered" in reason


def test_check_that_cannot_even_start_is_a_refusal() -> None:
    assert "No module named" in (explain_refusal("no.such.module:DEFINITION", ROLLOUT) or "")


def test_held_home_is_refused_by_name_until_its_holder_ends(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(HomeInUse, match=rf"already runs on .* \(pid {holder.pid}\)"), hold_home(tmp_path):
            pass
        assert find_running(tmp_path) == holder.pid
        holder.kill()
    assert find_running(tmp_path) is None
    with hold_home(tmp_path):
        assert (tmp_path / "up.lock").read_text() == f"{os.getpid()}\n"


def test_home_of_a_killed_run_is_free_once_its_watchdog_is_done(tmp_path: Path) -> None:
    watchdog = "import sys; print('cleaning', flush=True); sys.stdin.read()"
    with hold_home(tmp_path) as lock:
        leftover = subprocess.Popen(
            [sys.executable, "-c", watchdog],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[lock.fileno()],
        )
        lock.seek(0)
        lock.truncate()
        lock.write("999999999\n")
    with leftover:
        assert leftover.stdin
        assert leftover.stdout
        leftover.stdout.readline()
        waiting = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        wait_until(lambda: waiting.poll() is None)
        leftover.stdin.close()
    with waiting:
        assert waiting.stdout
        assert waiting.stdout.readline() == "held\n"
        waiting.kill()


def test_home_without_space_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MINIMUM_FREE_BYTES", 2**62)
    with pytest.raises(SettingsError, match="MiB are free for"):
        require_space(tmp_path)


def test_home_is_made_and_its_space_returned(tmp_path: Path) -> None:
    assert require_space(tmp_path / "a" / "home") > 0
    assert (tmp_path / "a" / "home").is_dir()


def test_home_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="can't be made: Not a directory"):
        require_space(tmp_path / "file" / "home")
