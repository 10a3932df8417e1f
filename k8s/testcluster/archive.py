"""Container images made of a few programs, written as the tar files that `docker save` writes."""

import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_LIBRARY = re.compile(r"(/\S+)(?= \(0x)")
_PROGRAM = 0o755
_FOLDER_FOR_ALL = 0o1777
NOBODY = "65534:65534"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image of one layer. `files` are the paths inside, and where their content is on this machine."""

    name: str
    entrypoint: Sequence[str]
    files: Mapping[str, Path]
    folders: Sequence[str] = ("tmp",)
    """Folders that everybody can write to."""
    user: str = NOBODY
    environment: Mapping[str, str] = field(default_factory=dict)


def write(image: Image, path: Path) -> None:
    """Write the image; a write that is interrupted leaves nothing half made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    layer = path.with_name(f".{path.name}.layer.{os.getpid()}")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write_layer(image, layer)
        with layer.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        configuration = json.dumps(_configuration(image, digest)).encode()
        manifest = [{"Config": "config.json", "RepoTags": [image.name], "Layers": ["layer.tar"]}]
        with tarfile.open(unfinished, "w") as archive:
            archive.add(layer, "layer.tar")
            _add_bytes(archive, "config.json", configuration)
            _add_bytes(archive, "manifest.json", json.dumps(manifest).encode())
        unfinished.rename(path)
    finally:
        layer.unlink(missing_ok=True)
        unfinished.unlink(missing_ok=True)


def libraries(program: Path) -> dict[str, Path]:
    """Return the shared libraries that a program needs, by path inside an image."""
    shown = subprocess.run(["ldd", str(program)], check=False, capture_output=True, text=True).stdout
    return {found: Path(found).resolve() for found in _LIBRARY.findall(shown)}


def _write_layer(image: Image, path: Path) -> None:
    with tarfile.open(path, "w") as layer:
        for folder in image.folders:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, _FOLDER_FOR_ALL
            layer.addfile(entry)
        for inside, source in sorted(image.files.items()):
            entry = tarfile.TarInfo(inside.lstrip("/"))
            entry.size, entry.mode = source.stat().st_size, _PROGRAM
            with source.open("rb") as content:
                layer.addfile(entry, content)


def _configuration(image: Image, layer_digest: str) -> dict[str, object]:
    """Return the image's configuration, see the specification of Docker images, version 1.2."""
    return {
        "architecture": _ARCHITECTURES[os.uname().machine],
        "os": "linux",
        "config": {
            "Entrypoint": list(image.entrypoint),
            "User": image.user,
            "Env": [f"{name}={value}" for name, value in image.environment.items()],
            "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
    }


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
