"""Locust in a process of its own: which command, and how it ends.

It has to be another process: Locust replaces the standard library's sockets when it is imported, and doing so
after `ssl` was imported makes every TLS connection recurse.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from loadtests.errors import LoadNotMade
from loadtests.settings import LoadSettings
from loadtests.shapes import plan

ROOT = Path(__file__).parents[1]
LOG_NAME, HTML_NAME, CSV_PREFIX = "locust.log", "report.html", "locust"
HISTORY_NAME = f"{CSV_PREFIX}_stats_history.csv"

STOP_SECONDS = 5
"""How long requests under way may take when users stop."""
WORKER_WAIT_SECONDS = 120
"""How long the master waits for its workers: images may have to be pulled."""
GRACE_SECONDS = 60.0
"""How much longer than its shape Locust may take, beside waiting for workers."""
LOG_TAIL_LINES = 20


class Interrupted(Exception):
    """Somebody stopped the run before its end."""


class Workers(NamedTuple):
    """How many workers make the load, and where the master listens for them."""

    expected: int = 0
    port: int = 5557


def master_command(host: str, folder: Path, workers: Workers) -> list[str]:
    """Return the command that makes the load, or has it made by `workers`, with reports in `folder`."""
    command = [
        *_locust(),
        "--headless",
        "--only-summary",
        *("--host", host),
        *("--stop-timeout", str(STOP_SECONDS)),
        # Failures are judged by the pass marks; only errors of the load test itself end Locust with a code.
        *("--exit-code-on-error", "0"),
        *("--csv", str(folder / CSV_PREFIX), "--csv-full-history"),
        *("--html", str(folder / HTML_NAME)),
    ]
    if workers.expected:
        command += ["--master", "--master-bind-port", str(workers.port)]
        command += ["--expect-workers", str(workers.expected)]
        command += ["--expect-workers-max-wait", str(WORKER_WAIT_SECONDS)]
    return command


def worker_command(master: str, port: int) -> list[str]:
    """Return the command that makes load as a master elsewhere says."""
    return [*_locust(), "--worker", "--master-host", master, "--master-port", str(port)]


def process_environment(settings: LoadSettings, folder: Path | None) -> dict[str, str]:
    """Return Locust's environment: ours, without variables by which Locust's flags could be changed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    report = {"EKIBEN_LOAD_REPORT": str(folder)} if folder else {}
    path = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH"))))
    return {**kept, **settings.environment(), **report, "PYTHONPATH": path}


def run(command: list[str], settings: LoadSettings, folder: Path, workers: Workers) -> None:
    """Run Locust to its end, with its output in `locust.log`.

    SIGINT and SIGTERM end it early, with reports of what was measured. Raises Interrupted then, and
    LoadNotMade if Locust failed or never ended.
    """
    waiting = WORKER_WAIT_SECONDS if workers.expected else 0
    longest_seconds = plan(settings).duration_seconds + waiting + GRACE_SECONDS
    with (folder / LOG_NAME).open("wb") as log, _interruptible_children():
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=process_environment(settings, folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code = _wait(process, longest_seconds)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if code:
        raise LoadNotMade(f"Locust ended with {code}", log_tail(folder))


def become_worker(master: str, port: int, settings: LoadSettings) -> None:
    """Turn this process into a Locust worker; its exit code is Locust's."""
    command = worker_command(master, port)
    os.execve(command[0], command, process_environment(settings, None))


def log_tail(folder: Path) -> str:
    """Return the end of Locust's log."""
    lines = (folder / LOG_NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_TAIL_LINES:])


def _locust() -> list[str]:
    return [sys.executable, "-m", "locust", "--locustfile", str(ROOT / "loadtests" / "locustfile.py")]


@contextmanager
def _interruptible_children() -> Iterator[None]:
    """Let children react to SIGINT. That it is ignored, as in background jobs, they inherit; a handler they
    don't."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _wait(process: subprocess.Popen[bytes], longest_seconds: float) -> int:
    stopped: list[int] = []

    def stop(number: int, _: object) -> None:
        stopped.append(number)
        # Locust writes its HTML report after SIGINT, not after SIGTERM.
        process.send_signal(signal.SIGINT)

    before: Mapping[int, object] = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        code = process.wait(longest_seconds)
    except subprocess.TimeoutExpired:
        raise LoadNotMade(f"Locust did not end within {longest_seconds:g} s") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
    if stopped:
        raise Interrupted
    return code


_STOPPING = (signal.SIGINT, signal.SIGTERM)
