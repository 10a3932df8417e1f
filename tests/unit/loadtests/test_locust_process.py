"""Locust's command, and how its process ends."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from loadtests import locust_process
from loadtests.errors import LoadNotMade
from loadtests.locust_process import Interrupted, Workers, master_command, process_environment, run
from loadtests.settings import read_settings

PATIENT = """
import sys, time
open("started", "w").close()
try:
    time.sleep(100)
except KeyboardInterrupt:
    open("reported", "w").close()
"""


def test_failures_are_left_to_the_pass_marks_and_reports_to_the_folder(tmp_path: Path) -> None:
    command = master_command("http://battle", tmp_path, Workers())
    assert command[command.index("--exit-code-on-error") + 1] == "0"
    assert command[command.index("--html") + 1] == str(tmp_path / "report.html")
    assert "--master" not in command


def test_a_master_waits_for_its_workers_but_not_for_ever(tmp_path: Path) -> None:
    command = master_command("http://battle", tmp_path, Workers(3, 5558))
    assert command[command.index("--expect-workers") + 1] == "3"
    assert command[command.index("--master-bind-port") + 1] == "5558"
    assert int(command[command.index("--expect-workers-max-wait") + 1]) > 0


def test_locusts_own_variables_change_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCUST_RUN_TIME", "1s")
    environment = process_environment(read_settings(users=3), tmp_path)
    assert "LOCUST_RUN_TIME" not in environment
    assert environment["EKIBEN_LOAD_USERS"] == "3"
    assert environment["EKIBEN_LOAD_REPORT"] == str(tmp_path)


def test_an_end_with_a_code_is_told_with_the_end_of_the_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('broken pipe dream'); raise SystemExit(9)"]
    with pytest.raises(LoadNotMade, match=r"ended with 9.*\n.*broken pipe dream"):
        run(command, read_settings(), tmp_path, Workers())


def test_an_end_that_never_comes_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locust_process, "ROOT", tmp_path)
    monkeypatch.setattr(locust_process, "GRACE_SECONDS", -0.5)
    with pytest.raises(LoadNotMade, match=r"did not end within 0\.5 s"):
        run([sys.executable, "-c", PATIENT], read_settings(duration_seconds=1), tmp_path, Workers())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_locust_with_its_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(locust_process, "ROOT", tmp_path)
    before = signal.getsignal(number)
    _interrupt_when_started(tmp_path, number)
    assert (tmp_path / "reported").exists()
    assert signal.getsignal(number) is before


def test_signal_ends_locust_in_a_background_job_where_interrupts_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locust_process, "ROOT", tmp_path)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _interrupt_when_started(tmp_path, signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (tmp_path / "reported").exists()


def _interrupt_when_started(folder: Path, number: signal.Signals) -> None:
    def interrupt() -> None:
        while not (folder / "started").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(Interrupted):
        run([sys.executable, "-c", PATIENT], read_settings(), folder, Workers())
    thread.join()
