"""`.ci/install-uv`: a new enough uv is used; where none can be had the way out is said. No network needed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "install-uv"
TOOLS = ("sh", "cut", "ln", "mkdir", "printf", "rm", "sort")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH folder with the usual tools, and a Python that can install nothing."""
    folder = tmp_path / "path"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    _write_program(folder / "python3", "echo 'No module named pip' >&2; exit 1")
    return folder


def _write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _install(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), str(folder), "0.13.9", "0.9.0"],
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("version", ["0.9.0", "0.10.1", "1.0.0"])
def test_new_enough_uv_on_path_is_used(path: Path, tmp_path: Path, version: str) -> None:
    _write_program(path / "uv", f"echo 'uv {version} (abc)'")
    assert _install(path, tmp_path / "made").returncode == 0
    assert (tmp_path / "made" / "bin" / "uv").resolve() == path / "uv"


@pytest.mark.parametrize("script", ["echo 'uv 0.8.24 (abc)'", "exit 127"])
def test_where_nothing_can_be_installed_the_way_out_is_named(path: Path, tmp_path: Path, script: str) -> None:
    _write_program(path / "uv", script)
    done = _install(path, tmp_path / "made")
    assert done.returncode == 1
    assert "Install uv 0.9.0 or newer yourself, or Python's pip" in done.stderr
    assert not (tmp_path / "made").exists()
