"""`ekiben up`: it serves what is pinned, survives what goes wrong, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.request import urlopen

import psutil
import pytest

from tests.unit.training.cli.small_stack import pinned
from tests.unit.training.core.services import wait_until
from training.cli.up import MODEL
from training.core.pins import pin_path, write_pin

ROOT = Path(__file__).parents[4]


class Run:
    """One `ekiben up` in a process of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.port = port
        self._log = home / "up.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.unit.training.cli.small_stack", str(home), str(port)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "COLUMNS": "1000"},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)
        wait_until(lambda: self.served() is None)

    @property
    def output(self) -> str:
        return self._log.read_text()

    def served(self) -> str | None:
        """Return the version that answers, or None if nothing does."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/version", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return None

    def wait_for(self, sentence: str) -> None:
        wait_until(lambda: sentence in self.output or self.process.poll() is not None)
        assert sentence in self.output

    def service(self) -> psutil.Process:
        """Return the process that serves the model."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if str(self.port) in child.cmdline())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_pin(tmp_path, MODEL, pinned("1"))
    return tmp_path


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number


@pytest.fixture
def run(home: Path, port: int) -> Iterator[Run]:
    with Run(home, port) as run:
        run.wait_for("Ctrl-C stops everything")
        yield run


def test_shown_request_is_answered(run: Run) -> None:
    assert f"curl -s http://127.0.0.1:{run.port}/predict" in run.output
    assert 'answer to {"id": 25}' in run.output
    assert "asks for no API key, because it listens on loopback" in run.output
    assert run.served() == "1"


def test_new_pin_is_served(run: Run, home: Path) -> None:
    write_pin(home, MODEL, pinned("2"))
    run.wait_for("version 2 serves")
    assert run.served() == "2"


def test_pin_that_does_not_load_leaves_the_old_version_running(run: Run, home: Path) -> None:
    before = run.service().pid
    write_pin(home, MODEL, pinned("2", digest="altered"))
    run.wait_for("version 2 is refused, version 1 goes on: model.ubj was altered")
    assert run.served() == "1"
    assert run.service().pid == before


def test_pin_that_fails_to_start_gives_way_to_the_old_version(run: Run, home: Path) -> None:
    write_pin(home, MODEL, pinned("2", digest="broken"))
    run.wait_for("version 2 is refused, version 1 goes on: battle ended with exit code 3")
    assert run.served() == "1"
    write_pin(home, MODEL, pinned("3"))
    run.wait_for("version 3 serves")
    assert run.served() == "3"


def test_unreadable_pin_changes_nothing(run: Run, home: Path) -> None:
    pin_path(home, MODEL).write_text("{")
    with pytest.raises(AssertionError):
        wait_until(lambda: run.served() != "1", timeout_seconds=1.0)
    write_pin(home, MODEL, pinned("2"))
    run.wait_for("version 2 serves")


def test_stop_during_training_ends_with_0(home: Path, port: int) -> None:
    write_pin(home, MODEL, pinned("1", digest="long"))
    with Run(home, port) as run:
        run.wait_for("training for ever")
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(30) == 0
        assert "stopped" in run.output
        assert run.served() is None


def test_crashed_service_comes_back(run: Run) -> None:
    run.service().kill()
    run.wait_for("battle is ready again")
    assert run.served() == "1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_requested_stop_ends_with_0_and_leaves_nothing(run: Run, number: signal.Signals) -> None:
    children = psutil.Process(run.process.pid).children(recursive=True)
    assert children
    run.process.send_signal(number)
    assert run.process.wait(30) == 0
    assert not any(child.is_running() for child in children)


def test_killed_run_leaves_nothing_and_the_next_one_starts(run: Run, home: Path) -> None:
    children = psutil.Process(run.process.pid).children(recursive=True)
    run.process.kill()
    run.process.wait()
    with Run(home, run.port) as second:
        second.wait_for("Ctrl-C stops everything")
        assert second.served() == "1"
        assert not any(_runs(child) for child in children)


def test_second_run_on_the_same_home_is_refused(
    run: Run, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    command = [sys.executable, "-m", "tests.unit.training.cli.small_stack", str(home), str(run.port)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert second.returncode == 5
    assert f"already runs on {home} (pid {run.process.pid})" in second.stderr
    assert run.served() == "1"


def test_taken_port_is_refused_before_anything_is_done(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with Run(home, port) as run:
            assert run.process.wait(30) == 5
            assert f"Port {port} (battle) is taken by" in run.output
            assert f"(pid {os.getpid()})" in run.output
            server.close()


def test_first_pin_that_fails_to_start_ends_with_9_and_the_log(home: Path, port: int) -> None:
    write_pin(home, MODEL, pinned("1", digest="broken"))
    with Run(home, port) as run:
        assert run.process.wait(30) == 9
        assert "battle ended with exit code 3" in run.output
        assert "no model here" in run.output


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
