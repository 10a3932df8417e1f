"""One service process: started in a group of its own, probed until ready, stopped with all below it."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from training.core.watchdog import Watchdog, is_alive, signal_group

PROBE_TIMEOUT_SECONDS = 2.0
LOG_LIMIT_BYTES = 10 * 1024 * 1024
"""A log that has grown past this is put aside as `<name>.log.1` at the next start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What to run. `environment` is added to our own; `ready_url` answers 200 once the service is ready, and
    one without it is ready as soon as it runs."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready_url: str
    log_path: Path
    ends: bool = False
    """It does one thing, within `start_seconds`, and ends with exit code 0; it is never started again."""
    is_optional: bool = False
    """The others do without it: its failure is said and not raised."""
    start_seconds: float = 60.0
    """Longest time from start to ready."""
    grace_seconds: float = 30.0
    """Longest time from SIGTERM to the end; then SIGKILL."""


class ServiceProcess:
    """A service that has been started. Not safe to share between threads."""

    def __init__(self, service: Service, watchdog: Watchdog) -> None:
        self.service = service
        self.started_at = time.monotonic()
        self._watchdog = watchdog
        self._ends_before: float | None = None
        self._log_offset = _prepare_log(service.log_path)
        with service.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                service.command,
                env={**os.environ, **service.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        watchdog.add(self.pid)

    @property
    def pid(self) -> int:
        """Process id of the service, which is also the id of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return what the service ended with (negative: the signal), or None while it runs."""
        return self._process.poll()

    def is_ready(self) -> bool:
        """Ask `ready_url` once; any failure means not ready. What is meant to end never is."""
        if self.exit_code is not None or self.service.ends:
            return False
        return not self.service.ready_url or responds(self.service.ready_url)

    def terminate(self) -> None:
        """Ask the whole group to end."""
        self._ends_before = time.monotonic() + self.service.grace_seconds
        signal_group(self.pid, signal.SIGTERM)

    def is_ending(self) -> bool:
        """Return whether a process of the group is left and still has time to end by itself."""
        has_ended = self.exit_code is not None and not is_alive(self.pid)
        return not has_ended and time.monotonic() < (self._ends_before or 0)

    def kill(self) -> None:
        """End whatever is left of the group at once, and forget it."""
        signal_group(self.pid, signal.SIGKILL)
        self._process.wait()
        self._watchdog.remove(self.pid)

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines that this start has written."""
        with self.service.log_path.open("rb") as log:
            log.seek(self._log_offset)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def responds(url: str) -> bool:
    """Return whether a GET of the http `url` is answered with 200 within two seconds."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(
        address.hostname or "", address.port, timeout=PROBE_TIMEOUT_SECONDS
    )
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _prepare_log(path: Path) -> int:
    """Make the folder, put a large log aside, and return where the next line will start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.stat().st_size if path.exists() else 0
