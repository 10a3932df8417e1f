"""One round of one server: started afresh, checked, warmed, then measured one thing after the other."""

import time
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from loadtests.benchmarks.bodies import BodyFile, write_lines, write_packed
from loadtests.benchmarks.closed_loop import Closed, closed_loop
from loadtests.benchmarks.fairness import Fairness, measure_fairness
from loadtests.benchmarks.forms import Contender, Form, check_answers
from loadtests.benchmarks.open_loop import Open, open_loop
from loadtests.benchmarks.plan import (
    FAIRNESS_ROWS,
    OPEN_CONNECTIONS,
    PEERS_BATCH_ROWS,
    Plan,
    bodies_of_size,
)
from loadtests.benchmarks.servers import Server, start

CHECKED_SINGLES, CHECKED_BATCHES = 50, 2
FIRST_BATCH_ROWS = 1_000


class Batch(Struct, frozen=True, kw_only=True):
    """Batches of one size in one form, one after the other on one connection."""

    form: str
    rows: int
    rows_per_second: float
    p99_seconds: float
    wrong: int


class Round(Struct, frozen=True, kw_only=True):
    """All that was measured of one server that was started once. Memory in megabytes, times in seconds."""

    name: str
    start_seconds: float
    resident_before_megabytes: float
    resident_after_megabytes: float
    resident_end_megabytes: float
    processor_seconds_per_answer: float
    closed: list[Closed]
    open: dict[str, Open]
    """By share of the best rate."""
    batches: list[Batch]
    fairness: Fairness | None = None


@dataclass(frozen=True)
class Files:
    """What a server is asked, in files. Batches by form and size."""

    packed: BodyFile
    lines: BodyFile
    batches: list[tuple[Form, BodyFile]]


@dataclass(frozen=True)
class Site:
    """Where it is measured: the two cores, and a folder for logs and bodies."""

    server_core: int
    client_core: int
    folder: Path


def write_files(contender: Contender, plan: Plan, folder: Path) -> Files:
    """Draw all requests for a server and write them into the folder."""
    singles = contender.single.bodies(plan.singles, rows=1)
    sizes = plan.sizes if contender.ours else (PEERS_BATCH_ROWS,)
    batches = [
        (form, write_packed(form.bodies(bodies_of_size(rows), rows), folder / f"{form.name}-{rows}.bodies"))
        for form in contender.batches
        for rows in sizes
    ]
    return Files(
        write_packed(singles, folder / "one.bodies"), write_lines(singles, folder / "one.lines"), batches
    )


def measure_round(contender: Contender, files: Files, plan: Plan, site: Site) -> Round:
    """Start, check, warm and measure a server. Raises ServerUnusable, ReportUnreadable or ToolMissing."""
    first = contender.single.question(contender.single.draw(1, 0))
    log = site.folder / "logs" / f"{contender.name}.log"
    with start(contender.launch, first, site.server_core, log) as server:
        check_answers(server, contender.single, rows=1, count=CHECKED_SINGLES)
        measurer = Measurer(contender, files, plan, site, server)
        measurer.warm()
        closed, processor_seconds = measurer.closed()
        best = max(one.per_second for one in closed)
        opened = measurer.open(best)
        before = server.resident_megabytes()
        for form in contender.batches[:1]:
            check_answers(server, form, FIRST_BATCH_ROWS, count=1)
        after = server.resident_megabytes()
        for form in contender.batches:
            check_answers(server, form, FIRST_BATCH_ROWS, CHECKED_BATCHES)
        return Round(
            name=contender.name,
            start_seconds=server.start_seconds,
            resident_before_megabytes=before,
            resident_after_megabytes=after,
            processor_seconds_per_answer=processor_seconds,
            closed=closed,
            open=opened,
            batches=measurer.batches(),
            fairness=measurer.fairness(),
            resident_end_megabytes=server.resident_megabytes(),
        )


class Measurer:
    """Measures one running server."""

    def __init__(self, contender: Contender, files: Files, plan: Plan, site: Site, server: Server) -> None:
        self._contender = contender
        self._files = files
        self._plan = plan
        self._core = site.client_core
        self._server = server
        self._url = server.url + contender.single.path

    def warm(self) -> None:
        """Ask for a while without measuring."""
        self._closed(self._plan.connections[-1], self._plan.warm_seconds)

    def closed(self) -> tuple[list[Closed], float]:
        """Return the closed loop's rates, and the processor time of one answer at 16 connections, or at the
        middle number of them."""
        rates, costs = [], []
        for connections in self._plan.connections:
            before = self._server.processor_seconds()
            rates.append(self._closed(connections, self._plan.closed_seconds))
            costs.append((self._server.processor_seconds() - before) / max(1, rates[-1].answered))
        return rates, costs[len(costs) // 2]

    def open(self, best: float) -> dict[str, Open]:
        """Return the open loop's latencies at shares of the best rate."""
        return {
            f"{share:.0%}": open_loop(
                self._url,
                self._files.lines,
                rate=max(1.0, share * best),
                seconds=self._plan.open_seconds,
                connections=OPEN_CONNECTIONS,
                core=self._core,
                key=self._server.key,
            )
            for share in self._plan.shares
        }

    def batches(self) -> list[Batch]:
        """Return the rows a second of every form and size."""
        return [self._batch(form, bodies) for form, bodies in self._files.batches]

    def fairness(self) -> Fairness | None:
        """Return how single answers and probes fare beside large batches; only Ekiben is asked that."""
        if not self._contender.ours:
            return None
        form, bodies = next((f, b) for f, b in self._files.batches if b.rows == FAIRNESS_ROWS)
        time.sleep(0.5)
        return measure_fairness(
            self._server,
            (self._url, self._files.lines),
            (self._server.url + form.path, bodies),
            self._plan.fairness_seconds,
            self._core,
        )

    def _batch(self, form: Form, bodies: BodyFile) -> Batch:
        url = self._server.url + form.path
        measured = closed_loop(url, bodies, 1, self._plan.batch_seconds, self._core, self._server.key)
        return Batch(
            form=form.name,
            rows=bodies.rows,
            rows_per_second=measured.per_second * bodies.rows,
            p99_seconds=measured.p99_seconds,
            wrong=measured.wrong,
        )

    def _closed(self, connections: int, seconds: int) -> Closed:
        return closed_loop(self._url, self._files.packed, connections, seconds, self._core, self._server.key)
