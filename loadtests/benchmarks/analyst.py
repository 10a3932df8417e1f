"""`python -m loadtests.benchmarks.analyst`: how many answers an analyst gives for a second of processor time,
how long its slowest ones take, and how soon a stream begins.

It asks a service that runs already, on the same machine. Whether its answers are stored ones or deterministic
ones is up to the service (`EKIBEN_ANALYST_PROVIDERS=` leaves only the latter); the table says which.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from loadtests.benchmarks.machine import describe_machine
from loadtests.benchmarks.results_page import ANALYST, PAGE, replace_section
from loadtests.benchmarks.streams import FirstMoments, ask, measure_stream

ANALYSIS_PATH = "/price-analysis?limit=24"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
COLUMNS = ("what", "answers a second", "answers a second of processor time", "p50", "p99", "wrong")


class Rate(Struct, frozen=True, kw_only=True):
    """What wrk measured. `per_processor_second` is by the time that the process itself ran."""

    source: str
    per_second: float
    per_processor_second: float
    p50_seconds: float
    p99_seconds: float
    wrong: int


def measure_rate(url: str, process: int, seconds: int, connections: int) -> Rate:
    """Ask the same question for so long over so many connections. Raises RuntimeError without wrk, or if the
    service does not answer."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is needed: sudo apt-get install --no-install-recommends wrk")
    source = ask_source(url)
    before = processor_seconds(process)
    command = [wrk, "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", url + ANALYSIS_PATH]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    spent = processor_seconds(process) - before
    return read_report(report, source, spent)


def read_report(report: str, source: str, processor_seconds: float) -> Rate:
    """Return what a report of wrk says."""
    answered = int(_find(r"(\d+) requests in", report))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    return Rate(
        source=source,
        per_second=float(_find(r"Requests/sec:\s+([\d.]+)", report)),
        per_processor_second=answered / processor_seconds,
        p50_seconds=_duration(_find(r"^ +50% +(\S+)", report)),
        p99_seconds=_duration(_find(r"^ +99% +(\S+)", report)),
        wrong=int(wrong.group(1)) if wrong else 0,
    )


def ask_source(url: str) -> str:
    """Return who writes the answers: a second one, because the first may be made just now."""
    ask(url, ANALYSIS_PATH).read()
    return str(json.load(ask(url, ANALYSIS_PATH))["source"])


def processor_seconds(process: int) -> float:
    """Return how long a process has run on a processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def make_table(rate: Rate, moments: Sequence[FirstMoments]) -> str:
    """Return the measurements in Markdown."""
    row = (
        f"`{rate.source}` answers",
        f"{rate.per_second:,.0f}",
        f"{rate.per_processor_second:,.0f}",
        _milliseconds(rate.p50_seconds),
        _milliseconds(rate.p99_seconds),
        str(rate.wrong),
    )
    lines = [COLUMNS, ("---",) * len(COLUMNS), row]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return "\n\n".join([table, *(_sentence(moments) if moments else ())]) + "\n"


def _sentence(moments: Sequence[FirstMoments]) -> tuple[str, str]:
    """Return the medians of streams that nobody asked for before."""
    told = [one.sentence_seconds for one in moments if one.sentence_seconds is not None]
    first = statistics.median(one.byte_seconds for one in moments)
    sentence = _milliseconds(statistics.median(told)) if told else "never"
    by_model = sum(one.source == "llm" for one in moments)
    return (
        f"{len(moments)} streams, {by_model} of them written by a language model meanwhile.",
        f"Median time to the first byte {_milliseconds(first)}, to the first sentence {sentence}.",
    )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def _duration(text: str) -> float:
    """Return the seconds of a duration as wrk writes it, such as `1.25ms`."""
    number = text.rstrip("ums")
    return float(number) * UNITS[text[len(number) :]]


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk's report lacks {pattern!r}:\n{text}")
    return found.group(1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.benchmarks.analyst", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:3001", help="address of the service")
    parser.add_argument("--pid", type=int, required=True, help="its process on this machine")
    parser.add_argument("--seconds", type=int, default=10, help="how long it is asked")
    parser.add_argument("--connections", type=int, default=16, help="over so many connections")
    parser.add_argument("--streams", type=int, default=20, help="streams that are measured before")
    parser.add_argument("--output", type=Path, help="file for the table; otherwise it is printed")
    parser.add_argument("--results", action="store_true", help=f"write it into {PAGE.name}")
    parsed = parser.parse_args(arguments)
    moments = [measure_stream(parsed.url, window) for window in range(100, 100 + parsed.streams)]
    table = make_table(measure_rate(parsed.url, parsed.pid, parsed.seconds, parsed.connections), moments)
    if parsed.results:
        replace_section(ANALYST, f"{describe_machine()}\n\n{table}")
    elif parsed.output is None:
        sys.stdout.write(table)
    else:
        parsed.output.write_text(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
