"""Keeps services running: starts them, restarts with growing pauses what crashes, gives up in the end.

One thread, no callbacks: `tend` looks at every service once, and whoever supervises calls it again and again.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from training.core.errors import ServiceFailed
from training.core.process import Service, ServiceProcess
from training.core.watchdog import Watchdog

LOOK_INTERVAL_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A service that has been ready for this long has recovered: its crashes are counted from one again."""
SAME_REQUEST_SECONDS = 1.0
"""Signals that come this close together are one request to stop."""

Report = Callable[[str], None]


class StopRequest:
    """Remembers that SIGINT, SIGTERM or SIGHUP asked for the end; a later signal asks to hurry.

    Signals only set flags, so that no process is ever half started or half stopped. Inside `interrupting`,
    for long work that looks at no flag, they raise KeyboardInterrupt as well.
    """

    def __init__(self) -> None:
        self.requested = False
        self.hurried = False
        self._requested_at = 0.0
        self._interrupting = False

    def install(self) -> None:
        """Take over the three signals; only the main thread may."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let a signal interrupt what runs inside, or has yet to begin, with KeyboardInterrupt."""
        self._interrupting = True
        try:
            if self.requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._interrupting = False

    def _receive(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        # A terminal and a parent such as make may both pass on the same Ctrl-C.
        self.hurried = self.requested and now - self._requested_at > SAME_REQUEST_SECONDS
        if not self.requested:
            self.requested, self._requested_at = True, now
        if self._interrupting:
            raise KeyboardInterrupt


@dataclass(slots=True)
class _Kept:
    """A service under supervision. `process` is None while it pauses between a crash and the next start."""

    service: Service
    process: ServiceProcess | None = None
    ready_at: float | None = None
    was_ready: bool = False
    crashes: int = 0
    start_at: float = field(default_factory=time.monotonic)


class Supervisor:
    """Services by name. A service that was never ready is not restarted: its first failure is raised.

    One that is optional is left out instead, and the others go on.
    """

    def __init__(self, watchdog: Watchdog, stop: StopRequest, report: Report, most_crashes: int = 5) -> None:
        self._watchdog = watchdog
        self._stop = stop
        self._report = report
        self._most_crashes = most_crashes
        self._kept: dict[str, _Kept] = {}
        self._done: set[str] = set()

    def add(self, service: Service) -> None:
        """Keep the service from now on; `tend` starts it."""
        self._done.discard(service.name)
        self._kept[service.name] = _Kept(service)

    def start(self, service: Service) -> None:
        """Start the service and return when it is ready, or when a stop is requested.

        Raises ServiceFailed, with the last lines of the log, if it ends or takes too long.
        """
        self.add(service)
        while self.is_kept(service.name) and not self._stop.requested and not self.is_ready(service.name):
            self.tend()
            time.sleep(LOOK_INTERVAL_SECONDS)

    def is_ready(self, name: str) -> bool:
        """Return whether the service is kept and has answered that it is ready since it was last started."""
        return name in self._kept and self._kept[name].ready_at is not None

    def is_kept(self, name: str) -> bool:
        """Return whether the service is looked after: not one that was left out, or has done its work."""
        return name in self._kept

    def has_done(self, name: str) -> bool:
        """Return whether a service that is meant to end has ended well."""
        return name in self._done

    def process_id(self, name: str) -> int | None:
        """Return the process id of a service, or None while it pauses before a restart."""
        process = self._kept[name].process
        return process.pid if process else None

    def remove(self, name: str) -> None:
        """Stop the service of this name, if it is kept, and forget it."""
        self._end([kept for kept in [self._kept.get(name)] if kept])

    def replace(self, service: Service) -> None:
        """Stop the service of this name, let it finish what it is doing, and start the new one in its place.

        Raises ServiceFailed, after the old service runs again, if the new one does not become ready.
        """
        old = self._kept[service.name].service
        self._end([self._kept[service.name]])
        try:
            self.start(service)
        except ServiceFailed as error:
            if error.name == old.name:
                self.start(old)
            raise

    def tend(self) -> None:
        """Take one look at every service: start what is due, notice what is ready, restart what crashed.

        Raises ServiceFailed for a service that crashed once too often, unless it is optional.
        """
        for kept in list(self._kept.values()):
            if kept.process is None:
                self._start_if_due(kept)
            elif kept.process.exit_code is not None:
                self._handle_end(kept, kept.process, kept.process.exit_code)
            elif kept.ready_at is None:
                self._look_for_readiness(kept, kept.process)

    def stop(self) -> None:
        """Stop every service, all at the same time; a second stop request cuts their grace."""
        self._end(list(self._kept.values()))

    def _start_if_due(self, kept: _Kept) -> None:
        if time.monotonic() >= kept.start_at:
            kept.process = ServiceProcess(kept.service, self._watchdog)

    def _look_for_readiness(self, kept: _Kept, process: ServiceProcess) -> None:
        if process.is_ready():
            kept.ready_at = time.monotonic()
            if kept.crashes:
                self._report(f"{kept.service.name} is ready again")
            kept.was_ready = True
        elif time.monotonic() - process.started_at > kept.service.start_seconds:
            self._handle_failure(kept, process, f"was not ready after {kept.service.start_seconds:g} s")

    def _handle_end(self, kept: _Kept, process: ServiceProcess, exit_code: int) -> None:
        if kept.service.ends and exit_code == 0:
            process.kill()
            del self._kept[kept.service.name]
            self._done.add(kept.service.name)
        else:
            self._handle_failure(kept, process, f"ended with exit code {exit_code}")

    def _handle_failure(self, kept: _Kept, process: ServiceProcess, what_happened: str) -> None:
        tail = process.log_tail()
        process.kill()
        steady = kept.ready_at is not None and time.monotonic() - kept.ready_at >= STEADY_SECONDS
        kept.crashes = 1 if steady else kept.crashes + 1
        kept.process, kept.ready_at = None, None
        if not kept.was_ready or kept.crashes > self._most_crashes:
            del self._kept[kept.service.name]
            failure = ServiceFailed(kept.service.name, what_happened, str(kept.service.log_path), tail)
            if not kept.service.is_optional:
                raise failure
            self._report(failure.in_short())
            return
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (kept.crashes - 1), LONGEST_PAUSE_SECONDS)
        kept.start_at = time.monotonic() + pause
        self._report(f"{kept.service.name} {what_happened}; restart {kept.crashes} in {pause:g} s")

    def _end(self, ending: list[_Kept]) -> None:
        processes = [kept.process for kept in ending if kept.process]
        for process in processes:
            process.terminate()
        while not self._stop.hurried and any(process.is_ending() for process in processes):
            time.sleep(LOOK_INTERVAL_SECONDS / 2)
        for process in processes:
            process.kill()
        for kept in ending:
            del self._kept[kept.service.name]
