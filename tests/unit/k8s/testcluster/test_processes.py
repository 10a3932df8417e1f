import dataclasses
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from k8s.testcluster import processes
from k8s.testcluster.commands import wait_until
from k8s.testcluster.processes import Identity

IGNORES_SIGTERM = (
    "import signal,time; signal.signal(15, signal.SIG_IGN); print('set', flush=True); time.sleep(60)"
)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def _identity(process: subprocess.Popen[bytes]) -> Identity:
    identity = Identity.of(process.pid)
    assert identity
    return identity


def test_process_that_was_started_runs_until_it_is_stopped(tmp_path: Path) -> None:
    identity = processes.start("nap", ("sleep", "60"), tmp_path / "run", tmp_path / "nap.log")
    assert processes.running(tmp_path / "run") == {"nap": identity}
    assert processes.stop(tmp_path / "run", "nap") is True
    assert not identity.runs()
    assert processes.running(tmp_path / "run") == {}
    assert not list((tmp_path / "run").iterdir())


def test_process_gets_a_session_of_its_own(tmp_path: Path) -> None:
    identity = processes.start("nap", ("sleep", "60"), tmp_path, tmp_path / "nap.log")
    assert os.getsid(identity.pid) == identity.pid
    processes.stop(tmp_path, "nap")


def test_output_and_errors_go_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "says.log"
    processes.start("says", ("sh", "-c", "echo out; echo err >&2; exec sleep 60"), tmp_path, log)
    wait_until(lambda: processes.tail(log) == "out\nerr\n", "both lines", 10)
    processes.stop(tmp_path, "says")


def test_environment_is_added_to_our_own(tmp_path: Path) -> None:
    log = tmp_path / "says.log"
    processes.start(
        "says", ("sh", "-c", "echo $EXTRA $PATH; exec sleep 60"), tmp_path, log, {"EXTRA": "more"}
    )
    wait_until(lambda: processes.tail(log) == f"more {os.environ['PATH']}\n", "the line", 10)
    processes.stop(tmp_path, "says")


def test_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "stubborn.log"
    identity = processes.start("stubborn", ("python3", "-c", IGNORES_SIGTERM), tmp_path, log)
    wait_until(lambda: "set" in processes.tail(log), "the handler set", 10)
    processes.stop(tmp_path, "stubborn", grace_seconds=0.2)
    wait_until(lambda: not identity.runs(), "it ended", 10)


@pytest.mark.parametrize("stale", [{"started_ticks": 1}, {"boot": "an earlier one"}])
def test_another_process_with_a_recycled_id_is_not_ended(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], stale: dict[str, object]
) -> None:
    remembered = dataclasses.replace(_identity(sleeper), **stale)  # type: ignore[arg-type]
    processes.write_identity(tmp_path / "etcd.json", remembered)
    assert processes.running(tmp_path) == {}
    assert processes.stop(tmp_path, "etcd", grace_seconds=0) is False
    remembered.send(signal.SIGKILL)
    assert sleeper.poll() is None
    assert not (tmp_path / "etcd.json").exists()


def test_zombie_does_not_run(sleeper: subprocess.Popen[bytes]) -> None:
    identity = _identity(sleeper)
    sleeper.kill()
    wait_until(lambda: not identity.runs(), "it ended", 10)


@pytest.mark.parametrize("content", ["", "{}", "12", '{"pid": 1}'])
def test_file_that_cannot_be_read_names_no_process(tmp_path: Path, content: str) -> None:
    (tmp_path / "etcd.json").write_text(content)
    assert processes.running(tmp_path) == {}
    assert processes.stop(tmp_path, "etcd") is False


def test_tail_of_a_missing_log_is_empty(tmp_path: Path) -> None:
    assert processes.tail(tmp_path / "none.log") == ""
