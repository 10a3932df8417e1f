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

from bentos.core.errors import PackageNotFound
from tests.support.homes import make_bench, make_settings
from tests.support.tiny_pipeline import TinyPipeline, install
from tests.unit.training.cli.small_stack import pinned
from tests.unit.training.core.services import wait_until
from training.cli.steps import Step
from training.cli.up import MODEL, ensure_champion
from training.core.errors import NoChampion, NotGated
from training.core.pins import pin_path, write_pin
from training.core.pipeline import GatePolicy
from training.core.promotion import promote

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


GOOD, POOR = TinyPipeline(trees=40), TinyPipeline(trees=4)
REFUSED = TinyPipeline(gate=GatePolicy(minimum_scores={"accuracy": 1.0}))


def _ensure(home: Path, policy: str = "auto") -> tuple[str, str]:
    """Return the version that is pinned afterwards, and what the step says was done."""
    step = Step("", lambda sentence: None)
    rollout = ensure_champion(make_settings(home, promotion=policy), "tiny", step)
    return rollout.version, step.done


def test_first_run_trains_and_promotes_and_the_second_finds_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, GOOD)
    assert _ensure(tmp_path) == ("1", "tiny: trained version 1, gate passed; version 1 is champion")
    assert _ensure(tmp_path) == ("1", "tiny: nothing new; version 1 is champion")
    pin_path(tmp_path, "tiny").unlink()
    assert _ensure(tmp_path)[0] == "1"


def test_new_version_that_is_worse_leaves_the_champion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, GOOD)
    _ensure(tmp_path)
    install(monkeypatch, POOR)
    assert _ensure(tmp_path) == ("1", "tiny: trained version 2, gate refused; version 1 is champion")


def test_without_a_champion_the_manual_policy_serves_nothing_until_somebody_promotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, GOOD)
    with pytest.raises(NoChampion):
        _ensure(tmp_path, "manual")
    assert _ensure(tmp_path, "auto") == ("1", "tiny: nothing new; version 1 is champion")


def test_first_version_that_its_gate_refuses_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, REFUSED)
    with pytest.raises(NotGated, match="minimum_accuracy"):
        _ensure(tmp_path)


def test_version_that_waited_under_the_manual_policy_is_promoted_under_the_automatic_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, POOR)
    _ensure(tmp_path)
    install(monkeypatch, GOOD)
    waits = "version 2 waits for `ekiben promote tiny`; version 1 is champion"
    assert _ensure(tmp_path, "manual") == ("1", f"tiny: trained version 2, gate passed; {waits}")
    assert _ensure(tmp_path, "manual") == ("1", f"tiny: nothing new; {waits}")
    promoted = "version 2, which had passed its gate before, is promoted; version 2 is champion"
    assert _ensure(tmp_path, "auto") == ("2", f"tiny: nothing new; {promoted}")


def test_pin_of_a_home_that_was_moved_says_what_writes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, GOOD)
    _ensure(tmp_path / "old")
    home = (tmp_path / "old").rename(tmp_path / "new")
    with pytest.raises(PackageNotFound, match="`ekiben promote tiny --version 1` writes the pin again"):
        _ensure(home)
    promote(make_bench(home), GOOD, "1")
    assert _ensure(home) == ("1", "tiny: nothing new; version 1 is champion")
