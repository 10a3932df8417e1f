"""What came of overload, as a section of the results."""

from collections.abc import Sequence

from msgspec import Struct

from loadtests.benchmarks.closed_loop import Closed
from loadtests.benchmarks.markdown import count, megabytes, milliseconds, seconds_of, table
from loadtests.benchmarks.open_loop import Open

SENT_SHARE = 0.95
"""Below this share of what was asked for, the client or its connections could send no more."""
NOTE = (
    "The capacity is what the same client gets answered over 64 connections right before and after the row, "
    "and goodput a share of it. "
    "Latencies are those of admitted requests, from when they were due: where the client is at its limit "
    "they hold its own delay too. A bystander asks the same 50 times a second over one connection; its "
    "latency is the server's. † The client, or its connections that all waited for answers, sent less than "
    "it was asked to: read that row by what was sent."
)


class Step(Struct, frozen=True, kw_only=True):
    """One multiple of the capacity, which is the mean of what it was before and after. `recovery_seconds`
    counts from the end of the load; the bystander asks now and then meanwhile, and its time is that of
    answers with 200."""

    load: str
    capacity: float
    multiple: float
    measured: Open
    bystander_p99_seconds: float | None
    resident_megabytes: float
    restarts: int
    recovery_seconds: float


class Beside(Struct, frozen=True, kw_only=True):
    """Ordinary load beside other connections, and how many of those were still open at the end."""

    idle: int
    slow: int
    idle_left: int
    slow_left: int
    working: Closed
    resident_megabytes: float


def overload_page(
    machine: str, service: str, seconds: int, steps: Sequence[Step], beside: Sequence[Beside]
) -> str:
    """Return the section's text."""
    return "\n\n".join(
        [
            machine,
            f"{service}, one process on one core, {seconds} s a row at a fixed rate.",
            steps_table(steps),
            NOTE,
            "### Beside idle and slow connections",
            beside_table(beside),
        ]
    )


def steps_table(steps: Sequence[Step]) -> str:
    """Return a row for each multiple."""
    head = (
        *("load", "asked", "capacity/s", "asked/s", "sent/s", "200/s", "goodput", "p50", "p99"),
        *("429/s", "p99 of 429"),
        *("p99 of a bystander", "other errors", "most resident", "restarts", "recovered after"),
    )
    return table(head, [_step_row(step) for step in steps])


def _step_row(step: Step) -> list[str]:
    measured = step.measured
    short = measured.sent_rate < SENT_SHARE * measured.asked_rate
    return [
        step.load,
        f"{step.multiple:g}×",
        count(step.capacity),
        count(measured.asked_rate),
        count(measured.sent_rate) + (" †" if short else ""),
        count(measured.ok_rate),
        f"{measured.ok_rate / step.capacity:.2f}",
        milliseconds(measured.p50_seconds),
        milliseconds(measured.p99_seconds),
        count(measured.shed_rate),
        milliseconds(measured.shed_p99_seconds),
        milliseconds(step.bystander_p99_seconds),
        ", ".join(f"{number:,} × {words}" for words, number in measured.others.items()) or "0",
        megabytes(step.resident_megabytes),
        str(step.restarts),
        seconds_of(step.recovery_seconds),
    ]


def beside_table(beside: Sequence[Beside]) -> str:
    """Return a row for each crowd."""
    head = (
        *("idle", "slow", "answers/s, 16 conn.", "p50", "p99", "p99.9", "wrong", "resident"),
        *("idle left open", "slow left open"),
    )
    rows = [
        [
            f"{one.idle:,}",
            f"{one.slow:,}",
            count(one.working.per_second),
            milliseconds(one.working.p50_seconds),
            milliseconds(one.working.p99_seconds),
            milliseconds(one.working.p999_seconds),
            count(one.working.wrong),
            megabytes(one.resident_megabytes),
            f"{one.idle_left:,}",
            f"{one.slow_left:,}",
        ]
        for one in beside
    ]
    return table(head, rows)
