"""Programs that the benchmarks need, and where they are: wrk from the distribution, oha built once."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from loadtests.benchmarks.errors import ToolMissing

OHA_VERSION = "1.16.0"
BUILD_SECONDS = 3600.0


def cache_folder() -> Path:
    """Return where tools and the peers' environments are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ekiben" / "bench"


@cache
def find_wrk() -> str:
    """Return the path of wrk. Raises ToolMissing."""
    return _find("wrk", "sudo apt-get install --no-install-recommends wrk")


@cache
def find_uv() -> str:
    """Return the path of uv. Raises ToolMissing."""
    return os.environ.get("UV") or _find("uv", "run this by `make`, which brings it")


@cache
def find_oha() -> str:
    """Return the path of oha; it is built first if need be, which takes minutes. Raises ToolMissing."""
    root = cache_folder() / f"oha-{OHA_VERSION}"
    program = root / "bin" / "oha"
    if not program.exists():
        cargo = _find("cargo", "install Rust, with which oha is built once")
        # With its default features, TLS among them: without that this release does not compile.
        flags = ("--locked", "--root", str(root))
        subprocess.run(
            [cargo, "install", "oha", "--version", OHA_VERSION, *flags],
            check=True,
            timeout=BUILD_SECONDS,
        )
    return str(program)


def _find(name: str, way_out: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ToolMissing(name, way_out)
    return found
