"""What oha is told to do, and what is read from its report."""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.benchmarks import open_loop
from loadtests.benchmarks.bodies import JSON, BodyFile
from loadtests.benchmarks.errors import ReportUnreadable
from loadtests.benchmarks.servers import NO_BODY

REPORT: dict[str, Any] = {
    "summary": {"total": 2.0},
    "statusCodeDistribution": {"200": 900, "429": 80, "503": 6},
    "errorDistribution": {"aborted due to deadline": 10, "connection refused": 4},
    "latencyPercentilesSuccessful": {"p50": 0.001, "p99": 0.004, "p99.9": 0.01},
    "latencyPercentilesNotSuccessful": {"p50": 0.0001, "p99": 0.0005, "p99.9": None},
}


def _read(**changes: Any) -> open_loop.Open:
    return open_loop.read_report(json.dumps(REPORT | changes), 600.0)


def test_rates_are_told_by_status() -> None:
    found = _read()
    assert (found.asked_rate, found.sent_rate, found.ok_rate, found.shed_rate) == (600.0, 495.0, 450.0, 40.0)


def test_latencies_are_those_of_admitted_requests() -> None:
    found = _read()
    assert (found.p50_seconds, found.p99_seconds, found.p999_seconds) == (0.001, 0.004, 0.01)
    assert found.shed_p99_seconds == 0.0005


def test_connections_at_the_end_are_no_errors() -> None:
    assert _read().others == {"connection refused": 4, "503": 6}


def test_run_without_an_answer_has_no_latency() -> None:
    found = _read(
        statusCodeDistribution={},
        latencyPercentilesSuccessful={"p50": None, "p99": None, "p99.9": None},
        latencyPercentilesNotSuccessful=None,
    )
    assert (found.ok_rate, found.p50_seconds, found.shed_p99_seconds) == (0.0, None, None)


@pytest.mark.parametrize("text", ["", "[]", json.dumps(REPORT | {"summary": {}})])
def test_report_that_lacks_something_is_an_error(text: str) -> None:
    with pytest.raises(ReportUnreadable, match="oha"):
        open_loop.read_report(text, 1.0)


@pytest.mark.parametrize(("key", "headers"), [("secret", 2), ("", 0)])
def test_command_asks_at_a_rate_and_corrects_latencies(
    monkeypatch: pytest.MonkeyPatch, key: str, headers: int
) -> None:
    monkeypatch.setattr(open_loop, "find_oha", lambda: "oha")
    bodies = BodyFile(Path("x.lines"), 1, JSON, 0)
    command = open_loop.oha_command("http://127.0.0.1:1/p", bodies, 1234.5, 4, 64, 1, key, Path("out"))
    assert command[1:4] == ["-c", "1", "oha"]
    assert command[command.index("-q") + 1] == "1234.5"
    assert "--latency-correction" in command
    assert command[command.index("-Z") + 1] == "x.lines"
    assert command.count("-H") == headers
    assert command[-1] == "http://127.0.0.1:1/p"


def test_questions_without_bodies_are_asked_with_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_loop, "find_oha", lambda: "oha")
    bodies = BodyFile(Path("x.lines"), 1, NO_BODY, 0)
    command = open_loop.oha_command("http://127.0.0.1:1/p", bodies, 10, 4, 64, 1, "", Path("out"))
    assert not {"-m", "-T", "-Z"} & set(command)
