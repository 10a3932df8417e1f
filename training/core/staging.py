"""From a package in the store to a bento: code, verified model and pin in one, for an image that needs
nothing else."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from bentos.core.errors import EkibenError, SettingsError
from bentos.core.model import MODEL_FOLDER, PUBLIC_KEY_NAME
from bentos.core.package import PIN_NAME, Pin, load_package, read_public_key

ROOT = Path(__file__).parents[2]
REQUIREMENTS_NAME = "requirements.txt"
UV_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ekiben"
"""Where `make` puts a uv of its own if there is none on PATH."""

_TAG_PREFIX = "__tag__:"


class BentoNotBuilt(EkibenError):
    """BentoML refused to build; it says why."""

    exit_code = 9

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The bento of {name} was not built: {reason}")


def stage_package(name: str, package_folder: Path, pin: Pin, public_key: Path, root: Path = ROOT) -> Path:
    """Copy a package to where the service's image expects it, verify it there, and return that folder.

    Nothing is replaced unless everything is in order. Raises PackageError or SettingsError.
    """
    staged = root / "bentos" / name / MODEL_FOLDER
    staged.parent.mkdir(parents=True, exist_ok=True)
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


def build_bento(name: str, root: Path = ROOT) -> str:
    """Build the bento of a service whose package is staged, and return its tag, `name:version`.

    Raises SettingsError without uv, BentoNotBuilt if BentoML refuses.
    """
    staged = root / "bentos" / name / MODEL_FOLDER
    if (staged / PIN_NAME).exists():
        (staged / REQUIREMENTS_NAME).write_text(export_requirements(root))
    command = [sys.executable, "-m", "bentoml", "build", "-f", f"bentos/{name}/bentofile.yaml", "-o", "tag"]
    environment = {**os.environ, "BENTOML_DO_NOT_TRACK": "true", "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    tags = [
        line.removeprefix(_TAG_PREFIX) for line in done.stdout.splitlines() if line.startswith(_TAG_PREFIX)
    ]
    if done.returncode or not tags:
        raise BentoNotBuilt(name, (done.stderr or done.stdout).strip().rpartition("failed: ")[2])
    return tags[0]


def export_requirements(root: Path = ROOT) -> str:
    """Return what a serving image installs, each package at the version in `uv.lock`. Raises
    SettingsError."""
    command = [find_uv(), "export", "--frozen", "--only-group", "serve", "--no-emit-project", "--no-hashes"]
    done = subprocess.run(
        [*command, "--no-annotate", "--no-header"], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SettingsError(f"uv can't read uv.lock: {done.stderr.strip()}")
    return done.stdout


def find_uv() -> str:
    """Return the path of uv: the one that runs us, the one on PATH, or the one that `make` installed.

    Raises SettingsError if there is none.
    """
    offered = (os.environ.get("UV"), shutil.which("uv"), *map(str, sorted(UV_CACHE.glob("uv-*/bin/uv"))))
    for path in offered:
        if path and os.access(path, os.X_OK):
            return path
    raise SettingsError("A bento is built from uv.lock, which needs uv: put it on PATH, or run `make` once.")
