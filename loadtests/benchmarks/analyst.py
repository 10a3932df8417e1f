"""`python -m loadtests.benchmarks.analyst`: how many answers an analyst gives for a second of processor time,
how long its slowest ones take, and how soon a stream begins.

It asks a service that runs already, on the same machine, and in turn with it an application that does
nothing, on the same core: what that one's slowest answers take, no server does better here. Whether answers
are stored or deterministic ones is up to the service (`EKIBEN_ANALYST_PROVIDERS=` leaves only the latter);
the table says which.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from bentos.core.errors import EkibenError
from loadtests.benchmarks.analyst_subject import ANALYSIS_PATH
from loadtests.benchmarks.contenders import PEERS
from loadtests.benchmarks.cores import on_core
from loadtests.benchmarks.markdown import count, milliseconds, table
from loadtests.benchmarks.output import add_output, put_out
from loadtests.benchmarks.results_page import ANALYST
from loadtests.benchmarks.servers import Launch, Question, Server, start
from loadtests.benchmarks.spread import spread, write
from loadtests.benchmarks.streams import FirstMoments, ask, measure_stream
from loadtests.benchmarks.tools import find_wrk

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
COLUMNS = ("what", "answers a second", "answers a second of processor time", "p50", "p99", "wrong")
NO_OP = "no-op under uvicorn"


class Rate(Struct, frozen=True, kw_only=True):
    """What wrk measured. `per_processor_second` is by the time that the process itself ran."""

    source: str
    per_second: float
    per_processor_second: float
    p50_seconds: float
    p99_seconds: float
    wrong: int


def measure_in_turn(
    url: str, process: int, seconds: int, connections: int, rounds: int
) -> tuple[list[Rate], list[Rate]]:
    """Return what nothing and what the service took, in each of so many rounds. Raises ToolMissing,
    ServerUnusable, or RuntimeError if the service does not answer."""
    core = min(os.sched_getaffinity(process))
    source = f"`{ask_source(url)}` answers"
    nothing, service = [], []
    with TemporaryDirectory() as folder, start_no_op(core, Path(folder, "log")) as idle:
        for _ in range(rounds):
            nothing.append(measure_rate(idle.url, idle.pid, NO_OP, seconds, connections, core))
            service.append(measure_rate(url, process, source, seconds, connections, core))
    return nothing, service


def start_no_op(core: int, log: Path) -> Server:
    """Start an application that does nothing, on this core. Raises ServerUnusable."""
    command = (sys.executable, "-m", "uvicorn", "noop:app", "--no-access-log", "--port", "{port}")
    return start(Launch(NO_OP, command, PEERS), Question("/", b""), core, log)


def measure_rate(url: str, process: int, source: str, seconds: int, connections: int, core: int) -> Rate:
    """Ask the same question for so long over so many connections, from any core but the server's if there is
    another. Raises ToolMissing."""
    others = os.sched_getaffinity(0) - {core}
    command = [find_wrk(), "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", url + ANALYSIS_PATH]
    before = processor_seconds(process)
    asking = subprocess.run(
        on_core(max(others), command) if others else command, check=True, capture_output=True, text=True
    )
    return read_report(asking.stdout, source, processor_seconds(process) - before)


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


def make_table(kinds: Sequence[Sequence[Rate]], moments: Sequence[FirstMoments]) -> str:
    """Return the rounds of every kind in Markdown: medians, and their range."""
    lines = table(COLUMNS, [_row(rates) for rates in kinds])
    return "\n\n".join([lines, *(_sentence(moments) if moments else ())]) + "\n"


def _row(rates: Sequence[Rate]) -> tuple[str, ...]:
    return (
        rates[0].source,
        write(spread(rate.per_second for rate in rates), count),
        write(spread(rate.per_processor_second for rate in rates), count),
        write(spread(rate.p50_seconds for rate in rates), milliseconds),
        write(spread(rate.p99_seconds for rate in rates), milliseconds),
        str(sum(rate.wrong for rate in rates)),
    )


def _sentence(moments: Sequence[FirstMoments]) -> tuple[str, str]:
    """Return the medians of streams that nobody asked for before."""
    told = [one.sentence_seconds for one in moments if one.sentence_seconds is not None]
    first = statistics.median(one.byte_seconds for one in moments)
    sentence = milliseconds(statistics.median(told)) if told else "never"
    by_model = sum(one.source == "llm" for one in moments)
    return (
        f"{len(moments)} streams, {by_model} of them written by a language model meanwhile.",
        f"Median time to the first byte {milliseconds(first)}, to the first sentence {sentence}.",
    )


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
    parser.add_argument("--seconds", type=int, default=10, help="how long it is asked in each round")
    parser.add_argument("--rounds", type=int, default=3, help="times that it and a no-op are asked in turn")
    parser.add_argument("--connections", type=int, default=16, help="over so many connections")
    parser.add_argument("--streams", type=int, default=20, help="streams that are measured before")
    add_output(parser)
    parsed = parser.parse_args(arguments)
    try:
        moments = [measure_stream(parsed.url, window) for window in range(100, 100 + parsed.streams)]
        kinds = measure_in_turn(parsed.url, parsed.pid, parsed.seconds, parsed.connections, parsed.rounds)
    except (EkibenError, OSError, RuntimeError) as error:
        sys.stderr.write(f"analyst: {error}\n")
        return 1
    measured = make_table(kinds, moments)
    conditions = f"{parsed.connections} connections, {parsed.rounds} rounds of {parsed.seconds} s."
    put_out(measured, ANALYST, conditions, parsed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
