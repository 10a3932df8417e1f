"""The same lifecycle against a real MLflow server, where another home only differs in its settings."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.homes import quiet
from tests.support.tiny_pipeline import TinyPipeline
from training.core import lifecycle, promotion, retention
from training.core.errors import VersionNotFound
from training.core.settings import TrainingSettings
from training.core.workbench import Workbench, open_workbench

START_TIMEOUT_SECONDS = 180
POOR, GOOD = TinyPipeline(trees=4), TinyPipeline(trees=40)


def wait_until_healthy(port: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("MLflow's server did not start")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "mlflow", "server", "--port", port, "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder),
    ]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            wait_until_healthy(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def bench(server: str, tmp_path: Path) -> Workbench:
    settings = TrainingSettings(
        home=tmp_path, tracking_uri=server, retention_versions=1, retention_rollbacks=1
    )
    return open_workbench(settings)


def test_lifecycle_is_the_same_against_a_server(bench: Workbench) -> None:
    for pipeline, version in ((POOR, "1"), (GOOD, "2")):
        trained = lifecycle.train(bench, pipeline, quiet)
        assert (trained.version.version, trained.version.gate) == (version, "passed")
        assert promotion.promote(bench, pipeline).version == version
    assert not lifecycle.train(bench, GOOD, quiet).new
    refused = lifecycle.train(bench, TinyPipeline(trees=40, feature_version="2"), quiet).version
    assert refused.verdict is not None
    assert [check.name for check in refused.verdict.refusals] == ["improvement"]
    assert promotion.rollback(bench, POOR).version == "1"
    assert retention.prune(bench, "tiny") == ["2"]
    assert bench.registry.version("tiny", "2").removed
    with pytest.raises(VersionNotFound):
        bench.registry.version("tiny", "77")
    assert not (bench.settings.home / "mlflow.db").exists()
