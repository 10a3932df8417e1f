"""Background processes, known by id and moment of their start, so that no other one is ever ended."""

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from k8s.testcluster.commands import POLL_SECONDS
from k8s.testcluster.errors import NotReady

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STATE_FIELD = 0
_START_FIELD = 19
"""Fields 3 and 22 of /proc/PID/stat, see proc(5), counted from the one after the name in parentheses."""

_LOG_TAIL_CHARACTERS = 1500


@dataclass(frozen=True, slots=True)
class Identity:
    """A process as no other one can be: ids return, but not at the same moment of the same boot."""

    pid: int
    started_ticks: int
    """Clock ticks between the boot and the start."""
    boot: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return the identity of a process that runs, or None: zombies have ended."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        if fields[_STATE_FIELD] in ("Z", "X"):
            return None
        return cls(pid, int(fields[_START_FIELD]), boot())

    def runs(self) -> bool:
        """Return whether this very process still runs."""
        return Identity.of(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        """Send a signal if this very process still runs."""
        if self.runs():
            os.kill(self.pid, number)


def boot() -> str:
    """Return what tells the present run of the machine from every other one."""
    return _BOOT_ID.read_text().strip()


def read_identity(path: Path) -> Identity | None:
    """Return what `write_identity` wrote, or None if there is nothing that can be read."""
    try:
        return Identity(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_identity(path: Path, identity: Identity) -> None:
    """Remember a process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(identity)))


def running(folder: Path) -> dict[str, Identity]:
    """Return the processes that `folder` knows and that still run, by name."""
    known = {path.stem: read_identity(path) for path in sorted(folder.glob("*.json"))}
    return {name: identity for name, identity in known.items() if identity and identity.runs()}


def start(
    name: str,
    command: Sequence[str | Path],
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Identity:
    """Start a program in a session of its own, write its output to `log`, and remember it in `folder`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    opened = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawnp(
        words[0],
        words,
        {**os.environ, **(environment or {})},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), opened, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    identity = Identity.of(pid)
    if identity is None:
        raise NotReady(f"{name} runs", 0, tail(log))
    write_identity(folder / f"{name}.json", identity)
    return identity


def stop(folder: Path, name: str, grace_seconds: float = 10.0) -> bool:
    """End a process that `folder` knows and forget it; return whether it still ran."""
    path = folder / f"{name}.json"
    identity = read_identity(path)
    still_ran = identity is not None and identity.runs()
    if identity:
        end([identity], grace_seconds)
    path.unlink(missing_ok=True)
    return still_ran


def end(identities: Sequence[Identity], grace_seconds: float) -> None:
    """Ask processes to end, and kill those that don't within `grace_seconds`."""
    for identity in identities:
        identity.send(signal.SIGTERM)
    limit = time.monotonic() + grace_seconds
    while time.monotonic() < limit and any(identity.runs() for identity in identities):
        time.sleep(POLL_SECONDS / 4)
    for identity in identities:
        identity.send(signal.SIGKILL)


def tail(log: Path) -> str:
    """Return the end of a log."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return text[-_LOG_TAIL_CHARACTERS:]
