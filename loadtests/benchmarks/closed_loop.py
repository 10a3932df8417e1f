"""As much as a fixed number of connections can ask, by wrk: each asks again once it is answered.

wrk adds the requests that a stalled connection would have made meanwhile to its percentiles, so long answers
count more than once: the tail is rather told too long than too short.
"""

import json
import subprocess
from pathlib import Path

from msgspec import Struct

from loadtests.benchmarks.bodies import BodyFile
from loadtests.benchmarks.cores import on_core
from loadtests.benchmarks.errors import ReportUnreadable
from loadtests.benchmarks.tools import find_wrk

SCRIPT = Path(__file__).with_name("random_bodies.lua")
TIMEOUT_SECONDS = 30
MICROSECONDS = 1e-6


class Closed(Struct, frozen=True, kw_only=True):
    """What came of it. `wrong` counts answers that were no 2xx or 3xx, and connections that broke."""

    connections: int
    per_second: float
    p50_seconds: float
    p99_seconds: float
    p999_seconds: float
    answered: int
    wrong: int


def closed_loop(
    url: str, bodies: BodyFile, connections: int, seconds: int, core: int, key: str = ""
) -> Closed:
    """Ask for so long. Raises ToolMissing or ReportUnreadable."""
    command = wrk_command(url, bodies, connections, seconds, core, key)
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise ReportUnreadable("wrk", ended.stderr + ended.stdout)
    return read_report(ended.stdout, connections)


def wrk_command(
    url: str, bodies: BodyFile, connections: int, seconds: int, core: int, key: str = ""
) -> list[str]:
    """Return the command that asks for so long, on that core."""
    flags = ("-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={TIMEOUT_SECONDS}s", "-s", str(SCRIPT))
    arguments = (str(bodies.path), bodies.content_type, str(bodies.json_bytes), key)
    return on_core(core, [find_wrk(), *flags, url, "--", *arguments])


def read_report(text: str, connections: int) -> Closed:
    """Return what the script wrote at the end. Raises ReportUnreadable."""
    lines = [line for line in text.splitlines() if line.startswith("{")]
    try:
        told = json.loads(lines[-1])
        return Closed(
            connections=connections,
            per_second=(told["answered"] - told["refused"]) / told["seconds"],
            p50_seconds=told["p50"] * MICROSECONDS,
            p99_seconds=told["p99"] * MICROSECONDS,
            p999_seconds=told["p999"] * MICROSECONDS,
            answered=told["answered"],
            wrong=told["refused"] + told["lost"] + told["timeouts"],
        )
    except (IndexError, KeyError, ValueError, ZeroDivisionError) as error:
        raise ReportUnreadable("wrk", text) from error
