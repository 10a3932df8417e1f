"""The engine keeps to itself what it does."""

import os
import subprocess
import sys
from pathlib import Path


def test_engine_reports_to_nobody(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    noted = tmp_path / "cache/Microsoft"

    def find_notes(module: str) -> list[Path]:
        subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, check=True)
        return list(noted.rglob("*.db"))

    assert find_notes("bentos.core.scorers") == []
    assert find_notes("training.core.pyfunc_model") == []
    assert find_notes("onnxruntime") != []
