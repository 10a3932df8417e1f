"""Ask battle with others' clients, each in an environment of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.helm_binary import find_uv

CLIENTS = Path(__file__).parent / "protocol_clients"


def call_with(script: str, package: str, port: int, key: str, rows: Mapping[str, Any]) -> Any:
    """Return what a script finds out that gets these rows and uses this package."""
    environment = ["--isolated", "--no-project", "--python", sys.executable, "--with", package]
    asked = ["python", str(CLIENTS / script), f"127.0.0.1:{port}", key]
    done = subprocess.run(
        [find_uv(), "run", "--quiet", *environment, *asked],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
