"""What is read from wrk's report, and what is told of it."""

import os
from pathlib import Path

import pytest

from loadtests.benchmarks import analyst
from loadtests.benchmarks.analyst import (
    main,
    make_table,
    measure_rate,
    processor_seconds,
    read_report,
    start_no_op,
)
from loadtests.benchmarks.servers import Question
from loadtests.benchmarks.streams import FirstMoments

REPORT = """Running 2s test @ http://127.0.0.1:3001/price-analysis?limit=24
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.32ms    1.11ms  22.10ms   96.15%
    Req/Sec    12.51k     1.20k   14.03k    72.50%
  Latency Distribution
     50%    1.10ms
     75%    1.40ms
     90%    900.00us
     99%    1.05s
  24900 requests in 2.00s, 36.62MB read
Requests/sec:  12449.71
Transfer/sec:     18.31MB
"""


def test_report_is_read_in_its_units() -> None:
    rate = read_report(REPORT, "stored", processor_seconds=1.5)
    assert (rate.source, rate.per_second, rate.wrong) == ("stored", 12449.71, 0)
    assert (rate.p50_seconds, rate.p99_seconds) == (0.0011, 1.05)
    assert rate.per_processor_second == 24900 / 1.5


def test_refusals_are_counted() -> None:
    assert read_report(REPORT + "  Non-2xx or 3xx responses: 12\n", "stored", 1.0).wrong == 12


def test_report_that_lacks_something_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="Requests/sec"):
        read_report(REPORT.replace("Requests/sec", "Nothing"), "stored", 1.0)


def test_table_tells_rates_and_medians() -> None:
    moments = [
        FirstMoments(byte_seconds=0.002, sentence_seconds=0.5, source="llm"),
        FirstMoments(byte_seconds=0.004, sentence_seconds=None, source="fallback"),
    ]
    fast = read_report(REPORT, "no-op", 1.0)
    rates = [read_report(REPORT, "stored", seconds) for seconds in (2.0, 4.0, 3.0)]
    table = make_table([[fast], rates], moments)
    assert "| no-op | 12,450 | 24,900 | 1.10 ms | 1,050 ms | 0 |" in table
    assert "| stored | 12,450 | 8,300 (6,225–12,450) | 1.10 ms | 1,050 ms | 0 |" in table
    assert "2 streams, 1 of them written by a language model meanwhile." in table
    assert "Median time to the first byte 3.00 ms, to the first sentence 500 ms." in table


def test_table_without_streams_says_nothing_about_them() -> None:
    assert "Median" not in make_table([[read_report(REPORT, "stored", 2.0)]], [])


def test_processor_time_of_a_process_grows() -> None:
    before = processor_seconds(os.getpid())
    while processor_seconds(os.getpid()) == before:
        pass
    assert processor_seconds(os.getpid()) > before


def test_application_that_does_nothing_runs_on_the_core_of_the_service(tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    with start_no_op(core, tmp_path / "log") as server:
        assert os.sched_getaffinity(server.pid) == {core}
        assert server.ask(Question("/", b"")).status == 200


def test_load_is_measured_by_what_wrk_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrk = tmp_path / "wrk"
    wrk.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/asked\ncat <<'END'\n{REPORT}END\n")
    wrk.chmod(0o755)
    times = [1.0, 3.0]
    monkeypatch.setattr(analyst, "find_wrk", lambda: str(wrk))
    monkeypatch.setattr(analyst, "processor_seconds", lambda _process: times.pop(0))
    rate = measure_rate("http://a", 1, "stored", 2, 16, core=0)
    assert (rate.source, rate.per_second, rate.per_processor_second) == ("stored", 12449.71, 12450.0)
    assert (tmp_path / "asked").read_text().split() == [
        *("--latency", "-t1", "-c16", "-d2s", "http://a/price-analysis?limit=24")
    ]


def test_service_that_is_away_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", "http://127.0.0.1:9", "--pid", str(os.getpid())]) == 1
    assert capsys.readouterr().err.startswith("analyst: ")
