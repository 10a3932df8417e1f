"""`make up`, as a user runs it: the real Makefile, data, training, gate, registry and server, in a home of
its own."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from training.core.pins import Rollout, read_pin, write_pin

ROOT = Path(__file__).parents[2]
LONGEST_START_SECONDS = 900.0
"""A limit for machines that are busy with other tests; it takes about a minute on two idle cores."""


class Terminal:
    """`make up` in a terminal: a process group of its own, to which Ctrl-C goes as a whole."""

    def __init__(self, home: Path, port: int, mlflow_port: int, analyst_port: int) -> None:
        self.port, self.mlflow_port, self.analyst_port = port, mlflow_port, analyst_port
        self._log = home.parent / f"{home.name}.log"
        settings = [
            f"EKIBEN_HOME={home}",
            f"EKIBEN_SERVER_PORT={port}",
            f"EKIBEN_MLFLOW_PORT={mlflow_port}",
            f"EKIBEN_ANALYST_PORT={analyst_port}",
        ]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                ["make", "up", *settings], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_for("Ctrl-C stops everything")

    @property
    def output(self) -> str:
        """Everything on the screen so far."""
        return self._log.read_text()

    def wait_for(self, sentence: str) -> None:
        """Return once `sentence` is on the screen; fail with the screen if it does not come."""
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while sentence not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def interrupt(self) -> list[psutil.Process]:
        """Press Ctrl-C, wait for the end, and return what still runs of all that was started."""
        started = psutil.Process(self.process.pid).children(recursive=True)
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)
        return [process for process in started if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    """Return whether it does more than wait for the system to take note of its end."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("make_up") / "home"


@pytest.fixture(scope="module")
def first(home: Path) -> Iterator[Terminal]:
    """The first `make up`, which trains; it runs while the tests look at it, and is killed if one hangs."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        battle, mlflow, analyst = (server.getsockname()[1] for server in servers)
    terminal = Terminal(home, battle, mlflow, analyst)
    yield terminal
    if terminal.process.poll() is None:
        terminal.interrupt()


def _shown_request(terminal: Terminal) -> str:
    found = re.search(r"^curl .+$", terminal.output, flags=re.MULTILINE)
    assert found, terminal.output
    return found[0]


def _ask(command: str) -> dict[str, Any]:
    """Run a line from the screen in a shell."""
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_first_run_trains_promotes_and_shows_a_request_that_works(first: Terminal) -> None:
    assert "trained version 1, gate passed; version 1 is champion" in first.output
    answer = _ask(_shown_request(first))
    assert answer["model_version"] == "1"
    assert json.dumps(answer["winner"]) in first.output


def test_analyst_comes_only_after_battle_has_answered(first: Terminal) -> None:
    first.wait_for("the analyst comes next")
    assert first.output.index("Ctrl-C stops everything") < first.output.index("the analyst comes next")


def test_mlflow_shows_the_version(first: Terminal) -> None:
    first.wait_for(f"MLflow shows every version on http://127.0.0.1:{first.mlflow_port}")
    with urlopen(f"http://127.0.0.1:{first.mlflow_port}", timeout=30) as page:
        assert page.status == 200


def test_another_terminal_changes_what_is_served(first: Terminal, home: Path) -> None:
    """Any pin will do: the registry version is only a name to the serving process."""
    champion = read_pin(home, "battle")
    assert champion
    write_pin(home, "battle", _pin(champion, version="2"))
    first.wait_for("version 2 serves")
    assert _ask(_shown_request(first))["model_version"] == "2"
    write_pin(home, "battle", _pin(champion, version="3", digest="sha256:" + "0" * 64))
    first.wait_for("version 3 is refused, version 2 goes on: manifest.json at ")
    assert _ask(_shown_request(first))["model_version"] == "2"
    write_pin(home, "battle", champion)
    first.wait_for("version 1 serves")


def test_ctrl_c_leaves_nothing_running_and_the_second_run_trains_nothing(first: Terminal, home: Path) -> None:
    assert first.interrupt() == []
    assert "stopped; `make up` starts it again" in first.output
    second = Terminal(home, first.port, first.mlflow_port, first.analyst_port)
    assert "nothing new; version 1 is champion" in second.output
    assert _ask(_shown_request(second))["model_version"] == "1"
    assert second.interrupt() == []


def _pin(rollout: Rollout, version: str, digest: str = "") -> Rollout:
    return Rollout(
        uri=rollout.uri, version=version, digest=digest or rollout.digest, public_key=rollout.public_key
    )
