"""What wrk is told to do, and what is read from its report."""

from pathlib import Path

import pytest

from loadtests.benchmarks import closed_loop
from loadtests.benchmarks.bodies import OCTETS, BodyFile
from loadtests.benchmarks.errors import ReportUnreadable

REPORT = """Running 1s test @ http://127.0.0.1:4000/predict
Requests/sec:  12449.71

{"seconds":2.0,"answered":20100,"refused":100,"lost":2,"timeouts":3,"p50":800.0,"p99":1900.5,"p999":4000.0,"max":9.9}
"""


def test_report_is_read_in_seconds() -> None:
    found = closed_loop.read_report(REPORT, 16)
    assert (found.connections, found.per_second, found.answered) == (16, 10_000.0, 20_100)
    assert (found.p50_seconds, found.p99_seconds) == pytest.approx((0.0008, 0.0019005))
    assert found.p999_seconds == pytest.approx(0.004)


def test_refusals_and_broken_connections_are_wrong() -> None:
    assert closed_loop.read_report(REPORT, 16).wrong == 105


@pytest.mark.parametrize("text", ["", "no report", '{"seconds":0.0}', REPORT.replace("answered", "said")])
def test_report_that_lacks_something_is_an_error(text: str) -> None:
    with pytest.raises(ReportUnreadable, match="wrk"):
        closed_loop.read_report(text, 1)


def test_command_binds_load_to_its_core_and_names_the_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_loop, "find_wrk", lambda: "wrk")
    bodies = BodyFile(Path("x.bodies"), 10, OCTETS, 99)
    command = closed_loop.wrk_command("http://127.0.0.1:1/p", bodies, 16, 4, core=1, key="secret")
    assert command[1:4] == ["-c", "1", "wrk"]
    assert {"-c16", "-d4s", "http://127.0.0.1:1/p"} <= set(command)
    assert command[command.index("--") + 1 :] == ["x.bodies", OCTETS, "99", "secret"]


def test_script_reads_what_the_command_says() -> None:
    script = closed_loop.SCRIPT.read_text()
    assert all(f"arguments[{place}]" in script for place in (1, 2, 3, 4))
    keys = ("seconds", "answered", "refused", "lost", "timeouts", "p50", "p99", "p999")
    assert all(f'"{key}":' in script for key in keys)
