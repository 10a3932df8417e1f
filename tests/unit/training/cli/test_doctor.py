"""`ekiben doctor`: a table for people, JSON for programs, and an exit code for scripts."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from training.cli.doctor import doctor

application = typer.Typer()
application.command()(doctor)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path / "home"))
    for name in ("EKIBEN_SERVER_PORT", "EKIBEN_MLFLOW_PORT"):
        with socket.create_server(("127.0.0.1", 0)) as server:
            monkeypatch.setenv(name, str(server.getsockname()[1]))


def test_sound_machine_ends_with_0_and_a_table() -> None:
    result = CliRunner().invoke(application, [])
    assert result.exit_code == 0
    assert result.output.splitlines()[0].split() == ["check", "state", "what", "was", "found"]
    assert "failed" not in result.output


def test_taken_port_ends_with_5_and_is_named_in_json(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_SERVER_PORT", str(taken_port))
    result = CliRunner().invoke(application, ["--output", "json"])
    assert result.exit_code == 5
    failed = [finding for finding in json.loads(result.stdout) if finding["state"] == "failed"]
    assert [finding["check"] for finding in failed] == ["port of battle"]
    assert str(taken_port) in failed[0]["detail"]
