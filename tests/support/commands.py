"""Running `ekiben` in this process, with a home of its own and the tiny model in place of a real one."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.homes import make_bench
from tests.support.tiny_pipeline import TinyPipeline, install
from training.cli.app import app
from training.core.workbench import Workbench


class CommandLine:
    """`run` runs one command; `bench` looks at what it did."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.bench: Workbench = make_bench(home)
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("EKIBEN_HOME", str(home))
        monkeypatch.setenv("COLUMNS", "200")
        self.use(TinyPipeline(trees=40))

    def use(self, pipeline: TinyPipeline) -> None:
        """Make this the model that is trained next."""
        install(self._monkeypatch, pipeline)

    def run(self, *arguments: str, stdin: str = "") -> Result:
        """Run a command and return its exit code, stdout and stderr."""
        return CliRunner().invoke(app, list(arguments), input=stdin)

    def json(self, *arguments: str) -> Any:
        """Run a command that must succeed, and return what it prints as JSON."""
        result = self.run(*arguments, "--output", "json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)
