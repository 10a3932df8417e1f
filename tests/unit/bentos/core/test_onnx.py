"""The engine keeps to itself what it does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOLD = """
import importlib, importlib.abc, os, sys

class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "onnxruntime":
            print("told", os.environ.get("ORT_DISABLE_TELEMETRY"))

sys.meta_path.insert(0, Watch())
importlib.import_module(sys.argv[1])
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    return environment


@pytest.mark.parametrize("module", ["bentos.core.scorers", "training.core.pyfunc_model"])
def test_engine_is_told_to_report_to_nobody_before_it_comes(
    environment: dict[str, str], tmp_path: Path, module: str
) -> None:
    command = [sys.executable, "-c", TOLD, module]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert result.stdout == "told 1\n"
    assert list((tmp_path / "cache").rglob("*.db")) == []


def test_engine_on_its_own_is_told_nothing(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", TOLD, "onnxruntime"]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert result.stdout == "told None\n"
