"""`python -m loadtests.benchmarks.overload`: what becomes of a server that is asked more than it can answer.

Its capacity is measured before and after each step; in between it is asked at a share or a multiple of it, at
a fixed rate whether or not it keeps up. Single answers may be cheaper than the client's own work, so that one
core can't send several times the capacity: what was really sent is told, and batches of 64, whose capacity is
lower, are tried as well. Last, ordinary load is measured beside thousands of idle and slow connections.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from bentos.core.errors import EkibenError
from loadtests.benchmarks.bodies import BodyFile, write_lines, write_packed
from loadtests.benchmarks.bystander import Bystander
from loadtests.benchmarks.closed_loop import Closed, closed_loop
from loadtests.benchmarks.compare import FOLDER, open_site, say
from loadtests.benchmarks.cores import open_many_files
from loadtests.benchmarks.crowd import Crowd, count_open
from loadtests.benchmarks.forms import Contender, Form, check_answers
from loadtests.benchmarks.machine import describe_machine
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.open_loop import Open, most_per_second, open_loop
from loadtests.benchmarks.overload_page import Beside, Step, overload_page
from loadtests.benchmarks.recovery import recovery_seconds
from loadtests.benchmarks.results_page import ANALYST_OVERLOAD, OVERLOAD, PAGE, replace_section
from loadtests.benchmarks.sampler import Sampler
from loadtests.benchmarks.subject import SERVICES, find_subject, start_subject

MULTIPLES = (0.5, 1.0, 2.0, 5.0)
BATCH_ROWS = 64
CAPACITY_CONNECTIONS = 64
WORKING_CONNECTIONS = 16
WARM_SECONDS = 2
SAMPLE_SECONDS = 0.5
SPARE_FILES = 1_000
BODIES = 5_000


class Options(Struct, frozen=True, kw_only=True):
    """How long and how much."""

    seconds: int = 60
    connections: int = 2_000
    capacity_seconds: int = 10
    idle: int = 10_000
    slow: int = 500
    crowd_seconds: int = 20


class Load(Struct, frozen=True):
    """One kind of request, in files."""

    name: str
    form: Form
    packed: BodyFile
    lines: BodyFile


class Overload:
    """Tries one service. It is started again should it end, and that is counted."""

    def __init__(self, contender: Contender, site: Site, options: Options) -> None:
        self._contender = contender
        self._site = site
        self._options = options
        self._server = start_subject(contender, site)

    def close(self) -> None:
        """Stop the server."""
        self._server.stop()

    def loads(self) -> list[Load]:
        """Draw the requests: single ones, and batches if there are any."""
        single = self._contender.single
        batches = [
            self._draw(f"{BATCH_ROWS} rows", form, rows=BATCH_ROWS, count=BODIES // BATCH_ROWS)
            for form in self._contender.batches[:1]
        ]
        name = "1 row" if batches else single.name
        return [self._draw(name, single, rows=1, count=BODIES), *batches]

    def steps(self, load: Load) -> list[Step]:
        """Return what came of every multiple of the capacity for one kind of request."""
        check_answers(self._server, load.form, load.packed.rows, count=2)
        self._closed(load, CAPACITY_CONNECTIONS, WARM_SECONDS)
        capacity = self._capacity(load)
        steps = []
        for multiple in MULTIPLES:
            step = self._step(load, capacity, multiple)
            after = self._capacity(load)
            steps.append(replace(step, capacity=(capacity + after) / 2))
            capacity = after
        return steps

    def beside(self, load: Load) -> list[Beside]:
        """Return how ordinary load fares alone, and beside idle and slow connections."""
        alone = Beside(
            idle=0,
            slow=0,
            idle_left=0,
            slow_left=0,
            working=self._work(load),
            resident_megabytes=self._resident(),
        )
        idle = max(0, min(self._options.idle, open_many_files() - SPARE_FILES - self._options.slow))
        with Crowd(self._server, load.form.path, idle, self._options.slow) as crowd:
            working = self._work(load)
            return [
                alone,
                Beside(
                    idle=idle,
                    slow=self._options.slow,
                    idle_left=count_open(crowd.idle),
                    slow_left=count_open(crowd.slow),
                    working=working,
                    resident_megabytes=self._resident(),
                ),
            ]

    def _step(self, load: Load, capacity: float, multiple: float) -> Step:
        say(f"{load.name}: {multiple:g} times the capacity for {self._options.seconds} s")
        peaks: list[float] = []
        question = load.form.question(load.form.draw(1, 0))
        bystander = Bystander(self._server, question)
        with Sampler(lambda: peaks.append(self._resident()), SAMPLE_SECONDS), bystander:
            measured = self._open(load, capacity * multiple)
        restarts = self.restart_if_ended()
        recovered = recovery_seconds(self._server, question)
        return Step(
            load=load.name,
            capacity=capacity,
            multiple=multiple,
            measured=measured,
            bystander_p99_seconds=bystander.p99_seconds(),
            resident_megabytes=max(peaks, default=self._resident()),
            restarts=restarts,
            recovery_seconds=recovered,
        )

    def restart_if_ended(self) -> int:
        """Start the server again if it ended; return how often that was done: 0 or 1."""
        if not self._server.has_ended:
            return 0
        self._server.stop()
        self._server = start_subject(self._contender, self._site)
        return 1

    def _capacity(self, load: Load) -> float:
        """Return how many requests a second are answered at most, now: others use the machine too."""
        url, key = self._server.url + load.form.path, self._server.key
        seconds, core = self._options.capacity_seconds, self._site.client_core
        capacity = most_per_second(url, load.lines, seconds, CAPACITY_CONNECTIONS, core, key)
        say(f"{load.name}: {capacity:,.0f} requests/s are the capacity")
        return capacity

    def _open(self, load: Load, rate: float) -> Open:
        url, key = self._server.url + load.form.path, self._server.key
        seconds, connections = self._options.seconds, self._options.connections
        return open_loop(url, load.lines, rate, seconds, connections, self._site.client_core, key)

    def _work(self, load: Load) -> Closed:
        return self._closed(load, WORKING_CONNECTIONS, self._options.crowd_seconds)

    def _closed(self, load: Load, connections: int, seconds: int) -> Closed:
        url, key = self._server.url + load.form.path, self._server.key
        return closed_loop(url, load.packed, connections, seconds, self._site.client_core, key)

    def _resident(self) -> float:
        return self._server.resident_megabytes()

    def _draw(self, name: str, form: Form, rows: int, count: int) -> Load:
        bodies, folder = form.bodies(count, rows), self._site.folder / "bodies" / "overload"
        return Load(
            name,
            form,
            write_packed(bodies, folder / f"{rows}.bodies"),
            write_lines(bodies, folder / f"{rows}.lines"),
        )


def run(contender: Contender, site: Site, options: Options) -> str:
    """Return the section's text. Raises ServerUnusable, ReportUnreadable or ToolMissing."""
    tried = Overload(contender, site, options)
    try:
        loads = tried.loads()
        steps = [step for load in loads for step in tried.steps(load)]
        say("beside idle and slow connections")
        beside = tried.beside(loads[0])
    finally:
        tried.close()
    return overload_page(describe_machine(), contender.name, options.seconds, steps, beside)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    default = Options()
    parser = argparse.ArgumentParser(prog="python -m loadtests.benchmarks.overload", description=__doc__)
    parser.add_argument("--service", choices=SERVICES, help="default: battle if it has a champion here")
    parser.add_argument("--seconds", type=int, default=default.seconds, help="length of each step")
    parser.add_argument("--connections", type=int, default=default.connections, help="of the open loop")
    parser.add_argument("--idle", type=int, default=default.idle, help="idle connections")
    parser.add_argument("--slow", type=int, default=default.slow, help="slow connections")
    parser.add_argument("--crowd-seconds", type=int, default=default.crowd_seconds, help="beside them")
    parser.add_argument("--output", type=Path, default=PAGE, help="page whose section is replaced")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for requests and logs")
    parsed = parser.parse_args(arguments)
    options = Options(
        seconds=parsed.seconds,
        connections=parsed.connections,
        idle=parsed.idle,
        slow=parsed.slow,
        crowd_seconds=parsed.crowd_seconds,
    )
    began = time.monotonic()
    try:
        site = open_site(parsed.folder)
        page = run(find_subject(site, parsed.service), site, options)
    except EkibenError as error:
        say(f"overload: {error}")
        return error.exit_code
    section = ANALYST_OVERLOAD if parsed.service == "analyst" else OVERLOAD
    replace_section(section, page, parsed.output)
    say(f"written to {parsed.output} after {time.monotonic() - began:,.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
