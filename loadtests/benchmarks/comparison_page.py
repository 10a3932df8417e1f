"""A comparison as a section of the results."""

from collections.abc import Iterator, Sequence

from loadtests.benchmarks.comparison import MIDDLE_CONNECTIONS, Comparison, at, wrong_answers
from loadtests.benchmarks.markdown import (
    NOTHING,
    count,
    megabytes,
    microseconds,
    milliseconds,
    seconds_of,
    table,
)
from loadtests.benchmarks.spread import Spread, spread, write
from loadtests.benchmarks.targets import targets_table

QUICK_WARNING = "**A quick run: it shows that everything works; its numbers say little.**"


def comparison_page(comparison: Comparison) -> str:
    """Return the section's text."""
    rounds = max((len(found) for found in comparison.rounds.values()), default=0)
    parts = [
        comparison.machine,
        QUICK_WARNING if comparison.quick else "",
        f"Rounds: {rounds}. Medians, in brackets the least and the most; whatever is no 200 counts as wrong.",
        "### Targets",
        targets_table(comparison),
        "### Single rows: as much as they can",
        singles_table(comparison),
        "### Single rows: at a fixed rate",
        open_table(comparison),
        "### Batches: rows a second, one client",
        batches_table(comparison),
        "### Single rows beside large batches",
        fairness_table(comparison),
        *(f"{name} could not be measured: {reason}" for name, reason in comparison.failures.items()),
    ]
    return "\n\n".join(part for part in parts if part)


def singles_table(comparison: Comparison) -> str:
    """Return rates, latencies, cost, memory and start of all servers."""
    first = next(iter(comparison.rounds.values()), [])
    connections = [one.connections for one in first[0].closed] if first else []
    head = (
        "server",
        *(f"answers/s, {number} conn." for number in connections),
        *(f"{name}, {MIDDLE_CONNECTIONS} conn." for name in ("p50", "p99", "p99.9")),
        *("CPU an answer", "resident", "after a batch", "at the end", "start", "wrong"),
    )
    return table(head, [_singles_row(comparison, name, connections) for name in comparison.rounds])


def _singles_row(comparison: Comparison, name: str, connections: Sequence[int]) -> list[str]:
    rounds = comparison.rounds[name]
    middle = [at(one, MIDDLE_CONNECTIONS) for one in rounds]
    return [
        name,
        *(write(spread(at(one, number).per_second for one in rounds), count) for number in connections),
        *(
            write(spread(getattr(one, place) for one in middle), milliseconds)
            for place in ("p50_seconds", "p99_seconds", "p999_seconds")
        ),
        write(spread(one.processor_seconds_per_answer for one in rounds), microseconds),
        write(spread(one.resident_before_megabytes for one in rounds), megabytes),
        write(spread(one.resident_after_megabytes for one in rounds), megabytes),
        write(spread(one.resident_end_megabytes for one in rounds), megabytes),
        write(spread(one.start_seconds for one in rounds), seconds_of),
        count(wrong_answers(rounds)),
    ]


def open_table(comparison: Comparison) -> str:
    """Return latencies at shares of each server's best rate."""
    head = ("server", "of its best", "asked/s", "sent/s", "answered/s", "p50", "p99", "p99.9")
    return table(head, [row for name in comparison.rounds for row in _open_rows(comparison, name)])


def _open_rows(comparison: Comparison, name: str) -> Iterator[list[str]]:
    rounds = comparison.rounds[name]
    for share in rounds[0].open:
        found = [one.open[share] for one in rounds]
        yield [
            name,
            share,
            *(
                count(spread(getattr(one, place) for one in found).median)
                for place in ("asked_rate", "sent_rate", "ok_rate")
            ),
            *(
                _latency([getattr(one, place) for one in found])
                for place in ("p50_seconds", "p99_seconds", "p999_seconds")
            ),
        ]


def _latency(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return write(spread(known), milliseconds) if known else NOTHING


def batches_table(comparison: Comparison) -> str:
    """Return rows a second by size, of the bare Boosters too."""
    sizes = comparison.sizes()
    rows = [
        [f"{name}: the bare Booster", *(_rate(comparison.bare_rate(name, size)) for size in sizes)]
        for name in comparison.bare
    ]
    for name, rounds in comparison.rounds.items():
        forms = dict.fromkeys(batch.form for one in rounds for batch in one.batches)
        rows += [
            [f"{name}, {form}", *(_rate(comparison.batch(name, form, size)) for size in sizes)]
            for form in forms
        ]
    return table(("server, form", *(f"{size:,} rows" for size in sizes)), rows)


def _rate(found: Spread | None) -> str:
    return NOTHING if found is None else write(found, count)


def fairness_table(comparison: Comparison) -> str:
    """Return how single answers and probes fared beside batches, a row a round."""
    head = (
        *("server", "batches", "batches/s", "singles/s", "p50", "p99", "p99.9"),
        *("slowest `/livez`", "wrong"),
    )
    rows = [
        [
            name,
            f"{found.batch_rows:,} rows",
            count(found.batches_per_second),
            count(found.singles.ok_rate),
            milliseconds(found.singles.p50_seconds),
            milliseconds(found.singles.p99_seconds),
            milliseconds(found.singles.p999_seconds),
            milliseconds(found.live_seconds),
            count(sum(found.singles.others.values()) + found.batches_wrong),
        ]
        for name, rounds in comparison.rounds.items()
        for found in (one.fairness for one in rounds)
        if found is not None
    ]
    return table(head, rows)
