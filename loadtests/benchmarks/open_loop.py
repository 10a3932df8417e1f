"""A fixed rate, whether or not answers keep up, by oha: latency counts from when a request was due.

oha sends what is due once a millisecond, so at tens of thousands a second requests come in small bursts, and
the median holds half a burst.
"""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from loadtests.benchmarks.bodies import BodyFile
from loadtests.benchmarks.cores import on_core
from loadtests.benchmarks.errors import ReportUnreadable
from loadtests.benchmarks.tools import find_oha

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
AT_THE_END = "aborted due to deadline"
"""What oha reports of every connection when the time is up, whether or not a request was under way."""
OK, SHED = "200", "429"


class Open(Struct, frozen=True, kw_only=True):
    """What came of it, in requests a second. `sent_rate` is what the client really sent and got an end of: a
    client or connections that can't keep up send less than was asked for. Percentiles are those of answers
    with 200; None if there were none. `others` counts other statuses, and errors by their words."""

    asked_rate: float
    sent_rate: float
    ok_rate: float
    shed_rate: float
    p50_seconds: float | None
    p99_seconds: float | None
    p999_seconds: float | None
    shed_p99_seconds: float | None
    others: dict[str, int]


def open_loop(
    url: str, bodies: BodyFile, rate: float, seconds: int, connections: int, core: int, key: str = ""
) -> Open:
    """Ask at this rate for so long. Raises ToolMissing or ReportUnreadable."""
    return _ask(url, bodies, rate, seconds, connections, core, key)


def most_per_second(
    url: str, bodies: BodyFile, seconds: int, connections: int, core: int, key: str = ""
) -> float:
    """Return how many requests a second are answered with 200 if the same client asks as it can over so many
    connections. Raises ToolMissing or ReportUnreadable."""
    return _ask(url, bodies, None, seconds, connections, core, key).ok_rate


def _ask(
    url: str, bodies: BodyFile, rate: float | None, seconds: int, connections: int, core: int, key: str
) -> Open:
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = oha_command(url, bodies, rate, seconds, connections, core, key, report)
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        if ended.returncode or not report.exists():
            raise ReportUnreadable("oha", ended.stderr + ended.stdout)
        return read_report(report.read_text(), rate or 0.0)


def oha_command(
    url: str,
    bodies: BodyFile,
    rate: float | None,
    seconds: int,
    connections: int,
    core: int,
    key: str,
    report: Path,
) -> list[str]:
    """Return the command that asks at this rate, or as it can, on that core, and writes its report to a
    file."""
    headers = {"X-API-Key": key, "traceparent": TRACEPARENT} if key else {}
    paced = () if rate is None else ("-q", f"{rate:g}", "--latency-correction")
    pace = (*paced, "-z", f"{seconds}s", "-c", str(connections))
    body = ("-m", "POST", "-T", bodies.content_type, "-Z", str(bodies.path)) if bodies.content_type else ()
    sent = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    told = ("--no-tui", "--output-format", "json", "--stats-success-breakdown", "-o", str(report))
    return on_core(core, [find_oha(), "--worker-threads", "1", *pace, *body, *sent, *told, url])


def read_report(text: str, asked_rate: float) -> Open:
    """Return what oha's report in JSON says. Raises ReportUnreadable."""
    try:
        told = json.loads(text)
        statuses: dict[str, int] = told["statusCodeDistribution"]
        errors = {words: count for words, count in told["errorDistribution"].items() if words != AT_THE_END}
        seconds = float(told["summary"]["total"])
        good = told.get("latencyPercentilesSuccessful") or {}
        refused = told.get("latencyPercentilesNotSuccessful") or {}
        return Open(
            asked_rate=asked_rate,
            sent_rate=(sum(statuses.values()) + sum(errors.values())) / seconds,
            ok_rate=statuses.get(OK, 0) / seconds,
            shed_rate=statuses.get(SHED, 0) / seconds,
            p50_seconds=_number(good.get("p50")),
            p99_seconds=_number(good.get("p99")),
            p999_seconds=_number(good.get("p99.9")),
            shed_p99_seconds=_number(refused.get("p99")),
            others=errors | {status: n for status, n in statuses.items() if status not in (OK, SHED)},
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ReportUnreadable("oha", text) from error


def _number(found: Any) -> float | None:
    """Return a percentile; oha writes null where there is nothing to compute it from."""
    return None if found is None else float(found)
