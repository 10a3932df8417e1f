"""The watchdog: what a killed supervisor started does not outlive it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.unit.training.core.services import wait_until
from training.core.watchdog import Watchdog, end_groups, is_alive, read_groups

SUPERVISOR = """
import subprocess, sys, time
from training.core.watchdog import Watchdog
with Watchdog() as watchdog:
    sleep = "import time; time.sleep(600)"
    with_child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{sleep}']); {sleep}"
    child = subprocess.Popen([sys.executable, "-c", with_child], start_new_session=True)
    watchdog.add(child.pid)
    print(child.pid, flush=True)
    time.sleep(600)
"""


def test_killed_supervisor_leaves_no_process() -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[4]
    )
    with supervisor:
        assert supervisor.stdout
        group = int(supervisor.stdout.readline())
        assert is_alive(group)
        os.kill(supervisor.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(group))


def test_group_that_ended_is_forgotten() -> None:
    assert read_groups(["+10\n", "+20\n", "-10\n", "-30\n"]) == {20}


def test_group_that_ignores_sigterm_is_killed_after_the_grace() -> None:
    ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    deaf = f"{ignore}; print('listening', flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        end_groups({process.pid}, grace_seconds=0.2)
        assert process.wait() == -signal.SIGKILL


def test_ending_groups_that_are_gone_is_harmless() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], start_new_session=True) as process:
        process.wait()
    end_groups({process.pid}, grace_seconds=5.0)
    assert not is_alive(process.pid)


def test_dead_watchdog_does_not_disturb_its_supervisor() -> None:
    with Watchdog() as watchdog:
        os.kill(watchdog.pid, signal.SIGKILL)
        wait_until(lambda: psutil.Process(watchdog.pid).status() == psutil.STATUS_ZOMBIE)
        watchdog.add(os.getpid())
        watchdog.remove(os.getpid())
