"""`python -m loadtests.benchmarks.soak`: whether a server that works for long grows.

It is asked at seven tenths of its capacity, minute after minute. After a warm-up of a fifth of the time,
memory is fitted with a straight line: its slope is what a leak would show.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from bentos.core.errors import EkibenError
from loadtests.benchmarks.bodies import BodyFile, write_lines, write_packed
from loadtests.benchmarks.closed_loop import closed_loop
from loadtests.benchmarks.compare import FOLDER, open_site, say
from loadtests.benchmarks.forms import Contender, check_answers
from loadtests.benchmarks.machine import describe_machine
from loadtests.benchmarks.markdown import count, megabytes, milliseconds, table
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.open_loop import Open, open_loop
from loadtests.benchmarks.results_page import PAGE, SOAK, replace_section
from loadtests.benchmarks.sampler import Sampler
from loadtests.benchmarks.servers import Server
from loadtests.benchmarks.spread import slope
from loadtests.benchmarks.subject import SERVICES, find_subject, start_subject

SHARE = 0.7
WARM_SHARE = 0.2
CAPACITY_SECONDS = 10
CAPACITY_CONNECTIONS = 64
CONNECTIONS = 64
STRETCH_SECONDS = 60
SAMPLE_SECONDS = 5.0
SECONDS_AN_HOUR = 3600.0
BODIES = 5_000
BATCH_ROWS = 1_000
"""A batch is asked for once, before all else: the engine for batches is loaded then, and is no leak."""


class Sample(Struct, frozen=True):
    """What the server takes at one moment, in seconds from the beginning."""

    seconds: float
    resident_megabytes: float
    open_files: int


class Soaked(Struct, frozen=True, kw_only=True):
    """What came of it: all stretches, and the samples after the warm-up."""

    service: str
    minutes: float
    rate: float
    stretches: list[Open]
    samples: list[Sample]
    has_ended: bool

    def megabytes_an_hour(self) -> float:
        """Return the slope of the straight line through the memory."""
        times = [one.seconds / SECONDS_AN_HOUR for one in self.samples]
        return slope(times, [one.resident_megabytes for one in self.samples])


def soak(contender: Contender, site: Site, minutes: float) -> Soaked:
    """Ask for so many minutes. Raises ServerUnusable, ReportUnreadable or ToolMissing."""
    bodies = contender.single.bodies(BODIES, rows=1)
    folder = site.folder / "bodies" / "soak"
    packed, lines = write_packed(bodies, folder / "1.bodies"), write_lines(bodies, folder / "1.lines")
    with start_subject(contender, site) as server:
        for form in contender.batches[:1]:
            check_answers(server, form, BATCH_ROWS, count=1)
        url = server.url + contender.single.path
        seconds = min(CAPACITY_SECONDS, max(1, round(minutes * 6)))
        best = closed_loop(url, packed, CAPACITY_CONNECTIONS, seconds, site.client_core, server.key)
        rate = SHARE * best.per_second
        say(f"{rate:,.0f} requests/s for {minutes:g} minutes")
        samples: list[Sample] = []
        began = time.monotonic()
        with Sampler(lambda: samples.append(_sample(server, began)), min(SAMPLE_SECONDS, minutes * 2)):
            stretches = _ask(server, url, lines, rate, minutes, site)
        warm = WARM_SHARE * minutes * 60
        return Soaked(
            service=contender.name,
            minutes=minutes,
            rate=rate,
            stretches=stretches,
            samples=[one for one in samples if one.seconds >= warm],
            has_ended=server.has_ended,
        )


def _ask(server: Server, url: str, lines: BodyFile, rate: float, minutes: float, site: Site) -> list[Open]:
    ends = time.monotonic() + minutes * 60
    stretches = []
    while (left := round(ends - time.monotonic())) > 0 and not server.has_ended:
        seconds = min(STRETCH_SECONDS, left)
        stretches.append(open_loop(url, lines, rate, seconds, CONNECTIONS, site.client_core, server.key))
    return stretches


def _sample(server: Server, began: float) -> Sample:
    return Sample(time.monotonic() - began, server.resident_megabytes(), server.open_files())


def soak_page(machine: str, soaked: Soaked) -> str:
    """Return the section's text."""
    first, last = soaked.samples[0], soaked.samples[-1]
    medians = [one.p50_seconds for one in soaked.stretches if one.p50_seconds is not None]
    tails = [one.p99_seconds for one in soaked.stretches if one.p99_seconds is not None]
    wrong = sum(sum(one.others.values()) for one in soaked.stretches)
    facts = (
        ("asked/s, seven tenths of the capacity", count(soaked.rate)),
        ("answered/s", count(statistics.fmean(one.ok_rate for one in soaked.stretches))),
        ("shed/s (429)", count(statistics.fmean(one.shed_rate for one in soaked.stretches))),
        ("other errors", count(wrong)),
        ("p50, median of the minutes", milliseconds(statistics.median(medians) if medians else None)),
        ("p99, worst minute", milliseconds(max(tails, default=None))),
        ("resident after the warm-up", megabytes(first.resident_megabytes)),
        ("resident at the end", megabytes(last.resident_megabytes)),
        ("slope of the resident memory", f"{soaked.megabytes_an_hour():+.2f} MB/h"),
        ("open files after the warm-up, at the end", f"{first.open_files}, {last.open_files}"),
        ("process", "ended meanwhile" if soaked.has_ended else "the same from beginning to end"),
    )
    sentence = f"{soaked.service}, one process on one core, {soaked.minutes:g} minutes."
    return "\n\n".join([machine, sentence, table(("what", "measured"), facts)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long")
    parser.add_argument("--service", choices=SERVICES, help="default: battle if it has a champion here")
    parser.add_argument("--output", type=Path, default=PAGE, help="page whose section is replaced")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for requests and logs")
    parsed = parser.parse_args(arguments)
    try:
        site = open_site(parsed.folder)
        soaked = soak(find_subject(site, parsed.service), site, parsed.minutes)
    except EkibenError as error:
        say(f"soak: {error}")
        return error.exit_code
    replace_section(SOAK, soak_page(describe_machine(), soaked), parsed.output)
    say(f"written to {parsed.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
