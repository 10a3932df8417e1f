"""The local stack: which processes `ekiben up` runs, and what it needs before it may start them."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import msgspec
import psutil

from bentos.core.errors import SettingsError
from training.core.errors import HomeInUse
from training.core.files import make_folder
from training.core.pins import Rollout
from training.core.process import Service
from training.core.settings import TrainingSettings

HOST = "127.0.0.1"
TRACKING = "mlflow"
MINIMUM_FREE_BYTES = 512 * 1024 * 1024
"""A training writes some 20 MB; a full disk in its middle is worse than a refusal."""
CHECK_TIMEOUT_SECONDS = 60.0
CLEANUP_SECONDS = 20.0
"""A killed run's watchdog has ended its services within half of this."""


def tracking_service(settings: TrainingSettings, port: int) -> Service:
    """Return MLflow's server on the settings' database: one worker, no telemetry, no jobs, no uploads."""
    command = (
        *(sys.executable, "-m", "mlflow", "server"),
        *("--host", HOST, "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", settings.tracking),
        *("--default-artifact-root", settings.artifacts or str(settings.home / "artifacts")),
        "--no-serve-artifacts",
    )
    return Service(
        name=TRACKING,
        command=command,
        environment={
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        },
        ready_url=f"http://{HOST}:{port}/health",
        log_path=settings.home / "logs" / f"{TRACKING}.log",
        grace_seconds=5.0,
    )


def model_service(settings: TrainingSettings, model: str, rollout: Rollout, port: int) -> Service:
    """Return the serving process of exactly the pinned package."""
    return Service(
        name=model,
        command=(sys.executable, "-m", "bentos.core.serve", model),
        environment={
            **rollout.environment(),
            "EKIBEN_SERVER_HOST": HOST,
            "EKIBEN_SERVER_PORT": str(port),
            # Nothing balances load here, so nobody has to be told before the door closes.
            "EKIBEN_SERVER_LINGER_SECONDS": "0",
        },
        ready_url=f"http://{HOST}:{port}/readyz",
        log_path=settings.home / "logs" / f"{model}.log",
    )


def explain_refusal(model: str, rollout: Rollout) -> str | None:
    """Return why the serving process would not load the pinned package, or None if it would."""
    try:
        check = subprocess.run(
            [sys.executable, "-m", "bentos.core.serve", model, "--check"],
            env={**os.environ, **rollout.environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=CHECK_TIMEOUT_SECONDS,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return f"its check took more than {CHECK_TIMEOUT_SECONDS:g} s"
    return None if check.returncode == 0 else _reason(check.stdout) or f"exit code {check.returncode}"


def _reason(log: str) -> str:
    """Return what the last JSON line says, or the whole log if that is no JSON line."""
    lines = log.splitlines()
    try:
        return str(msgspec.json.decode(lines[-1], type=dict[str, Any])["event"])
    except (IndexError, KeyError, msgspec.DecodeError):
        return log.strip()


def require_space(home: Path) -> int:
    """Make the home folder and return the free bytes of its disk.

    Raises SettingsError if it can't be made or written, or if less than 512 MiB are free.
    """
    make_folder(home)
    free = shutil.disk_usage(home).free
    if free < MINIMUM_FREE_BYTES:
        wanted = MINIMUM_FREE_BYTES // 2**20
        raise SettingsError(f"Only {free // 2**20} MiB are free for {home}; {wanted} MiB are needed.")
    return free


@contextmanager
def hold_home(home: Path) -> Iterator[TextIO]:
    """Hold the home for one `ekiben up`, and yield the open lock file.

    The lock is the kernel's, so a killed run leaves none behind; only its watchdog, which inherits the file,
    keeps it until the services are gone. That is waited for. Raises HomeInUse if another run lives.
    """
    with (home / "up.lock").open("a+") as file:
        deadline = time.monotonic() + CLEANUP_SECONDS
        while not _acquire(file):
            holder = _read_holder(file)
            if time.monotonic() > deadline or (holder is not None and psutil.pid_exists(holder)):
                raise HomeInUse(str(home), holder)
            time.sleep(0.1)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file


def find_running(home: Path) -> int | None:
    """Return the process id of the `ekiben up` that holds the home, or None."""
    path = home / "up.lock"
    if not path.exists():
        return None
    with path.open("r+") as file:
        return None if _acquire(file) else _read_holder(file)


def _acquire(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(file: TextIO) -> int | None:
    file.seek(0)
    content = file.read().strip()
    return int(content) if content.isdecimal() else None
