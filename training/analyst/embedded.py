"""The small language model that needs no other machine: a process, for an evaluation or for `ekiben up`."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from training.core.errors import ServiceFailed
from training.core.process import Service, ServiceProcess
from training.core.watchdog import Watchdog

HOST = "127.0.0.1"
NAME = "llm"
LOOK_SECONDS = 0.1
_ASKED_BY_US_ONLY = {"EKIBEN_LLM_KEY": "", "EKIBEN_LLM_CALLS_AT_ONCE": "2"}
"""What the environment says of these is meant for a server that others share."""


def llm_service(port: int, log_path: Path) -> Service:
    """Return the process that serves the embedded model on loopback."""
    return Service(
        name=NAME,
        command=(sys.executable, "-m", "bentos.analyst.llm", "--host", HOST, "--port", str(port)),
        environment=_ASKED_BY_US_ONLY,
        ready_url=f"http://{HOST}:{port}/health",
        log_path=log_path,
        grace_seconds=5.0,
    )


def llm_address(port: int) -> str:
    """Return the address under which the model is asked."""
    return f"http://{HOST}:{port}/v1"


@contextmanager
def embedded_model() -> Iterator[str]:
    """Run the embedded model and yield the address of its API. Raises ServiceFailed if it does not start."""
    with TemporaryDirectory(prefix="ekiben-llm-") as folder, Watchdog() as watchdog:
        port = free_port()
        process = ServiceProcess(llm_service(port, Path(folder, "llm.log")), watchdog)
        try:
            _wait_until_ready(process)
            yield llm_address(port)
        finally:
            process.terminate()
            while process.is_ending():
                time.sleep(LOOK_SECONDS)
            process.kill()


def _wait_until_ready(process: ServiceProcess) -> None:
    limit = process.service.start_seconds
    while not process.is_ready():
        happened = f"was not ready after {limit:g} s" if time.monotonic() - process.started_at > limit else ""
        if process.exit_code is not None:
            happened = f"ended with exit code {process.exit_code}"
        if happened:
            raise ServiceFailed(NAME, happened, "its log", process.log_tail())
        time.sleep(LOOK_SECONDS)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port
