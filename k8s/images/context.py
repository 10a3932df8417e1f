"""Build contexts: a folder with exactly what a Dockerfile copies, so that nothing else can end up in an
image or make it build anew."""

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from bentos.core.errors import EkibenError
from bentos.core.model import MODEL_FOLDER
from k8s.images.catalogue import ROOT, Image
from training.core.staging import build_bento, export_requirements, stage_nothing

PRUNE_SCRIPT = "bentos/core/prune-packages.sh"
SIMULATOR = "training/battle/simulate"
NO_CHAMPION_EXIT_CODE = 4
"""Of `ekiben build`, when no version was promoted yet."""

_IGNORED = shutil.ignore_patterns("__pycache__", MODEL_FOLDER, f".{MODEL_FOLDER}-*", "node_modules")


class ContextNotStaged(EkibenError):
    """What an image is built from can't be put together."""

    exit_code = 9

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The image {name} can't be built: {reason}")


def stage_context(image: Image, folder: Path, model: str, root: Path = ROOT) -> tuple[Path, Path]:
    """Put what `image` is built from into `folder`; return the context and its Dockerfile.

    `model`, for a service: `champion` bakes the pinned version in, `none` leaves it out, `auto` takes the
    champion if there is one. Raises SettingsError, ContextNotStaged or BentoNotBuilt.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if image.archives:
        _stage_archives(image, root)
    if image.service:
        bento = _stage_bento(image.name, folder, model, root)
        return bento, bento / "env/docker/Dockerfile"
    return _stage_folder(image, folder, root)


def _stage_folder(image: Image, folder: Path, root: Path) -> tuple[Path, Path]:
    (folder / "requirements.txt").write_text(export_requirements(root, image.group, image.without))
    shutil.copy(root / PRUNE_SCRIPT, folder)
    for extra in image.dockerfile.parent.iterdir():
        shutil.copy(extra, folder)
    for name in image.folders:
        _copy(root / name, folder / "src" / name)
    if image.simulator:
        _stage_simulator(folder, root)
        _stage_metadata(folder / "src")
    return folder, folder / "Dockerfile"


def _stage_archives(image: Image, root: Path) -> None:
    folder = root / image.archives
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    done = subprocess.run(
        [sys.executable, "-m", "bentos.analyst.collect", "archives"],
        cwd=ROOT,
        env={**os.environ, "EKIBEN_COLLECT_ARCHIVES": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ContextNotStaged(image.name, (done.stderr or done.stdout).strip())


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=_IGNORED)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _stage_simulator(folder: Path, root: Path) -> None:
    lock = root / SIMULATOR / "package-lock.json"
    target = folder / "simulator" / sha256(lock.read_bytes()).hexdigest()[:16]
    target.mkdir(parents=True)
    shutil.copy(lock, target)
    shutil.copy(lock.with_name("package.json"), target)


def _stage_metadata(source: Path) -> None:
    """Let `ekiben --version` find what an installation of the project would have written."""
    found = version("ekiben")
    metadata = source / f"ekiben-{found}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.4\nName: ekiben\nVersion: {found}\n")


def _stage_bento(name: str, home: Path, model: str, root: Path) -> Path:
    tag = _build_with_champion(name, home) if model != "none" else None
    if tag is None and model == "champion":
        raise ContextNotStaged(name, "there is no champion yet, and one was asked for.")
    if tag is None:
        stage_nothing(name, root)
        tag = build_bento(name, root, home)
    return home / "bentos" / tag.replace(":", "/")


def _build_with_champion(name: str, home: Path) -> str | None:
    """Return the tag of a bento of the champion; None if there is no champion."""
    done = subprocess.run(
        [sys.executable, "-m", "training.cli", "build", name, "--output", "json"],
        cwd=ROOT,
        env={**os.environ, "BENTOML_HOME": str(home.absolute())},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == NO_CHAMPION_EXIT_CODE:
        return None
    if done.returncode:
        raise ContextNotStaged(name, done.stderr.strip())
    return str(json.loads(done.stdout)["bento"])
