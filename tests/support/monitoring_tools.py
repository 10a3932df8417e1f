"""promtool, amtool and Alertmanager. Without them the tests that need them fail: nothing is skipped."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

PACKAGES: Mapping[str, str] = {
    "promtool": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
"""The Debian package of each tool."""


def find(tool: str) -> Path:
    """Return the path of a tool. Raises AssertionError with the package that has it."""
    found = shutil.which(tool)
    assert found, (
        f"{tool} is not on PATH; on Debian: apt-get install --no-install-recommends {PACKAGES[tool]}"
    )
    return Path(found)


def run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end, whatever it returns."""
    command = [str(find(tool)), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def insist(tool: str, *arguments: str | Path) -> str:
    """Run a tool and return what it prints. Raises AssertionError with that, if it fails."""
    done = run(tool, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
