"""From a package in the store to a bento: code, verified model and pin in one, for an image that needs
nothing else."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bentos.core.errors import EkibenError, SettingsError
from bentos.core.model import MODEL_FOLDER, NO_MODEL_NAME, PUBLIC_KEY_NAME
from bentos.core.package import PIN_NAME, Pin, load_package, read_public_key

ROOT = Path(__file__).parents[2]
REQUIREMENTS_NAME = "requirements.txt"
UV_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ekiben"
"""Where `make` puts a uv of its own if there is none on PATH."""

_TAG_PREFIX = "__tag__:"
_NO_MODEL = "This image has no model of its own: it serves what is pinned in a registry.\n"


class BentoNotBuilt(EkibenError):
    """BentoML refused to build; it says why."""

    exit_code = 9

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The bento of {name} was not built: {reason}")


def stage_package(name: str, package_folder: Path, pin: Pin, public_key: Path, root: Path = ROOT) -> Path:
    """Copy a package to where the service's image expects it, verify it there, and return that folder.

    Nothing is replaced unless everything is in order. Raises PackageError or SettingsError.
    """
    staged = _staged(name, root)
    with tempfile.TemporaryDirectory(dir=staged.parent, prefix=f".{MODEL_FOLDER}-") as temporary:
        fresh = Path(temporary) / MODEL_FOLDER
        shutil.copytree(package_folder, fresh)
        shutil.copyfile(public_key, fresh / PUBLIC_KEY_NAME)
        (fresh / PIN_NAME).write_bytes(msgspec.json.format(msgspec.json.encode(pin), indent=1) + b"\n")
        (fresh / ".gitignore").write_text("*\n")
        load_package(msgspec.structs.replace(pin, uri=str(fresh)), read_public_key(fresh / PUBLIC_KEY_NAME))
        shutil.rmtree(staged, ignore_errors=True)
        fresh.rename(staged)
    return staged


def stage_nothing(name: str, root: Path = ROOT) -> Path:
    """Make the next bento one without a model, for `EKIBEN_MODEL_SOURCE=registry`; return the folder."""
    staged = _staged(name, root)
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    (staged / NO_MODEL_NAME).write_text(_NO_MODEL)
    (staged / ".gitignore").write_text("*\n")
    return staged


def build_bento(name: str, root: Path = ROOT, home: Path | None = None) -> str:
    """Build the bento of a service whose package is staged, and return its tag, `name:version`.

    It installs the dependency group that has the service's name, and lies in the folder `home` if one is
    given, else where BentoML keeps its bentos. Raises SettingsError without uv or such a group, BentoNotBuilt
    if BentoML refuses.
    """
    staged = _staged(name, root)
    if any((staged / file).exists() for file in (PIN_NAME, NO_MODEL_NAME)):
        (staged / REQUIREMENTS_NAME).write_text(export_requirements(root, name))
    command = [sys.executable, "-m", "bentoml", "build", "-f", f"bentos/{name}/bentofile.yaml", "-o", "tag"]
    environment = {**os.environ, "BENTOML_DO_NOT_TRACK": "true", "PYTHONPATH": str(root)}
    if home is not None:
        environment["BENTOML_HOME"] = str(home.absolute())
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    tags = [
        line.removeprefix(_TAG_PREFIX) for line in done.stdout.splitlines() if line.startswith(_TAG_PREFIX)
    ]
    if done.returncode or not tags:
        raise BentoNotBuilt(name, (done.stderr or done.stdout).strip().rpartition("failed: ")[2])
    return tags[0]


def export_requirements(root: Path, group: str, without: Sequence[str] = ()) -> str:
    """Return what an image installs: each package of the group but those in `without`, as `uv.lock` pins it.

    Raises SettingsError without uv, or without a lock that it can read and that has the group.
    """
    command = [find_uv(), "export", "--frozen", "--only-group", group, "--no-emit-project", "--no-hashes"]
    command += [f"--no-emit-package={name}" for name in without]
    done = subprocess.run(
        [*command, "--no-annotate", "--no-header"], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SettingsError(f"uv can't read uv.lock: {done.stderr.strip()}")
    return done.stdout


def _staged(name: str, root: Path) -> Path:
    staged = root / "bentos" / name / MODEL_FOLDER
    staged.parent.mkdir(parents=True, exist_ok=True)
    return staged


def find_uv() -> str:
    """Return the path of uv: the one that runs us, the one on PATH, or the one that `make` installed.

    Raises SettingsError if there is none.
    """
    offered = (os.environ.get("UV"), shutil.which("uv"), *map(str, sorted(UV_CACHE.glob("uv-*/bin/uv"))))
    for path in offered:
        if path and os.access(path, os.X_OK):
            return path
    raise SettingsError("A bento is built from uv.lock, which needs uv: put it on PATH, or run `make` once.")
