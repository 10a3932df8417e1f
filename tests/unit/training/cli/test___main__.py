"""`python -m training.cli` is the command line."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]


def test_module_runs_as_ekiben() -> None:
    command = [sys.executable, "-m", "training.cli", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "ekiben 0.1.0\n"
