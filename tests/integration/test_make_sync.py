"""What `make` says while it installs the packages, and when it can't. A script stands in for uv."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that the target needs, and its folder."""
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    return tmp_path


def _sync(checkout: Path, script: str) -> subprocess.CompletedProcess[str]:
    uv = checkout / "uv"
    if not uv.exists() or script not in uv.read_text():
        uv.write_text(f"#!/bin/sh\n{script}\n")
        uv.chmod(0o755)
    command = ["make", "--no-print-directory", ".venv/.synced", f"UV={uv}"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def test_progress_is_uvs_own_and_a_second_run_does_nothing(checkout: Path) -> None:
    script = 'echo "uv $*" >&2'
    assert _sync(checkout, script).stderr == "uv sync --frozen --compile-bytecode\n"
    assert "uv" not in _sync(checkout, script).stderr


def test_failed_download_asks_for_a_network_and_is_tried_again(checkout: Path) -> None:
    failed = _sync(checkout, "echo 'error: Failed to fetch' >&2; exit 2")
    assert failed.returncode != 0
    assert failed.stderr.startswith(
        "error: Failed to fetch\nNo packages could be fetched: is there a network, or a proxy to set?\n"
    )
    assert not (checkout / ".venv" / ".synced").exists()
