"""The load generator of the end-to-end tests sees what it is there for: every request that is lost."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.serving import ROOT, ServerProcess, serving
from tests.support.tiny.package import TinyPackage

SOURCE = (ROOT / "tests/e2e/support/caller.py").read_text()
AT_LEAST = 200


@pytest.fixture
def server(tiny_package: TinyPackage) -> Iterator[ServerProcess]:
    pin = tiny_package.pin
    settings = {
        "EKIBEN_MODEL_SOURCE": "registry",
        "EKIBEN_MODEL_URI": pin.uri,
        "EKIBEN_MODEL_VERSION": pin.version,
        "EKIBEN_MODEL_DIGEST": pin.digest,
        "EKIBEN_MODEL_PUBLIC_KEY": str(tiny_package.public_key),
    }
    with serving(settings) as process:
        yield process


class Caller:
    """The program as a pod runs it."""

    def __init__(self, port: int, **orders: Any) -> None:
        tiny = {"path": "/api/v1/leaf", "body": '{"height": 3, "width": 4}', "key": ""}
        asked = {"host": "127.0.0.1", "port": port, "per_second": 200, "at_least": AT_LEAST, **tiny, **orders}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SOURCE, json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path("/"),
        )

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def finish(self, orders: str = "stop\n") -> dict[str, Any]:
        output, _ = self.process.communicate(orders, timeout=60)
        result: dict[str, Any] = json.loads(output.splitlines()[-1])["result"]
        return result


def test_it_counts_answers_by_mode_phase_and_version(
    server: ServerProcess, tiny_package: TinyPackage
) -> None:
    caller = Caller(server.port, modes=("new", "kept"))
    caller.line()
    result = caller.finish("phase later\nstop\n")
    assert set(result) == {"new", "kept"}
    for mode in result.values():
        assert mode["requests"] >= AT_LEAST
        assert (mode["failed"], mode["failures"]) == (0, {})
        assert mode["versions"][tiny_package.pin.version]["answers"] == mode["requests"]
        assert sum(phase["requests"] for phase in mode["phases"].values()) == mode["requests"]
    assert result["new"]["connections"] == result["new"]["requests"]
    assert result["kept"]["connections"] < result["kept"]["requests"]


def test_it_ends_when_whoever_started_it_is_gone(server: ServerProcess) -> None:
    caller = Caller(server.port, modes=("closed",))
    caller.line()
    assert caller.finish("")["closed"]["failed"] == 0


def test_it_counts_what_a_killed_server_loses(server: ServerProcess) -> None:
    caller = Caller(server.port, modes=("new", "kept"), timeout_seconds=2)
    caller.line()
    server.signal(signal.SIGKILL)
    caller.line()
    result = caller.finish()
    for mode in result.values():
        assert mode["failures"]["refused"] > 0
        assert sum(mode["failures"].values()) == mode["failed"] < mode["requests"]
        assert mode["examples"]


def test_it_counts_refusals_as_failures(server: ServerProcess) -> None:
    result = Caller(server.port, modes=("new",), body='{"height": -1, "width": 4}').finish()
    assert result["new"]["failures"] == {"status 422": result["new"]["requests"]}


def test_it_counts_answers_without_a_version_as_failures(server: ServerProcess) -> None:
    leaves = '{"leaves": [{"height": 3, "width": 4}]}'
    result = Caller(server.port, modes=("new",), path="/api/v1/leaves", body=leaves).finish()
    assert result["new"]["failures"] == {"wrong answer": result["new"]["requests"]}
