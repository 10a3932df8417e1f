"""What Ekiben is to reach in a comparison, and whether it did."""

from collections.abc import Callable
from dataclasses import dataclass

from loadtests.benchmarks.comparison import MIDDLE_CONNECTIONS, Comparison, at
from loadtests.benchmarks.contenders import CEILING
from loadtests.benchmarks.markdown import NOTHING, count, megabytes, milliseconds, ratio, seconds_of, table
from loadtests.benchmarks.measures import Round

LARGE_ROWS = 1_000
BINARY, JSON = "binary", "JSON"

Measure = Callable[[Comparison, str], float | None]


@dataclass(frozen=True)
class Target:
    """A bound on one number; `measure` finds it in a comparison for one of our servers, or None."""

    words: str
    bound: float
    at_most: bool
    measure: Measure
    write: Callable[[float], str]

    def is_met(self, value: float) -> bool:
        """Return whether a value is within the bound."""
        return value <= self.bound if self.at_most else value >= self.bound

    def cell(self, value: float | None) -> str:
        """Return what the table says of a value."""
        if value is None:
            return NOTHING
        return self.write(value) if self.is_met(value) else f"**missed**: {self.write(value)}"


def targets_table(comparison: Comparison) -> str:
    """Return the targets and what each of our servers reached."""
    return table(
        ("target", *comparison.ours),
        [
            (target.words, *(target.cell(target.measure(comparison, name)) for name in comparison.ours))
            for target in TARGETS
        ],
    )


def _median(read: Callable[[Round], float]) -> Measure:
    def measure(comparison: Comparison, name: str) -> float | None:
        found = comparison.over(name, read)
        return None if found is None else found.median

    return measure


def _fairness(read: Callable[[Round], float | None]) -> Measure:
    """The worst of all rounds; infinite if nothing was answered."""

    def measure(comparison: Comparison, name: str) -> float | None:
        found = [read(one) for one in comparison.rounds.get(name, []) if one.fairness is not None]
        return max((float("inf") if one is None else one for one in found), default=None)

    return measure


def _singles_p99(one: Round) -> float | None:
    return one.fairness.singles.p99_seconds if one.fairness else None


def _live(one: Round) -> float | None:
    return one.fairness.live_seconds if one.fairness else None


def _against_peers(comparison: Comparison, name: str) -> float | None:
    own = comparison.rate(name)
    peers = [
        rate.median
        for peer in comparison.rounds
        if peer not in (CEILING, *comparison.ours) and (rate := comparison.rate(peer))
    ]
    return own.median / max(peers) if own and peers else None


def _against_ceiling(comparison: Comparison, name: str) -> float | None:
    own, ceiling = comparison.rate(name), comparison.rate(CEILING)
    return own.median / ceiling.median if own and ceiling else None


def _binary_share(comparison: Comparison, name: str) -> float | None:
    shares = [
        found.median / bare.median
        for rows in comparison.sizes()
        if rows >= LARGE_ROWS
        and (found := comparison.batch(name, BINARY, rows))
        and (bare := comparison.bare_rate(name, rows))
    ]
    return min(shares, default=None)


def _json_rows(comparison: Comparison, name: str) -> float | None:
    rates = [
        found.median
        for rows in comparison.sizes()
        if rows >= LARGE_ROWS and (found := comparison.batch(name, JSON, rows))
    ]
    return min(rates, default=None)


TARGETS = (
    Target("single answers against the best peer: ≥ 10×", 10.0, False, _against_peers, ratio),
    Target("single answers against the no-op ceiling: ≥ 0.5×", 0.5, False, _against_ceiling, ratio),
    Target(
        "p99 at 16 connections: ≤ 2 ms",
        0.002,
        True,
        _median(lambda one: at(one, MIDDLE_CONNECTIONS).p99_seconds),
        milliseconds,
    ),
    Target(
        "resident before the first batch: ≤ 150 MB",
        150.0,
        True,
        _median(lambda one: one.resident_before_megabytes),
        megabytes,
    ),
    Target(
        "resident after it: ≤ 300 MB",
        300.0,
        True,
        _median(lambda one: one.resident_after_megabytes),
        megabytes,
    ),
    Target("start to first answer: ≤ 2 s", 2.0, True, _median(lambda one: one.start_seconds), seconds_of),
    Target(
        "binary batches of 1,000 rows and more against the bare Booster: ≥ 0.5×",
        0.5,
        False,
        _binary_share,
        ratio,
    ),
    Target("JSON batches of 1,000 rows and more: ≥ 40,000 rows/s", 40_000.0, False, _json_rows, count),
    Target(
        "p99 of single answers beside large batches: ≤ 20 ms",
        0.02,
        True,
        _fairness(_singles_p99),
        milliseconds,
    ),
    Target("slowest `/livez` beside large batches: ≤ 1 s", 1.0, True, _fairness(_live), milliseconds),
)
