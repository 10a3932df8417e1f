"""Pass marks: what a run has to reach, and the verdict in a table that people can read."""

import math
from pathlib import Path
from typing import NamedTuple

import msgspec
import yaml

from bentos.core.errors import SettingsError
from loadtests.results import RequestResult, Results
from loadtests.settings import ShapeName

DEFAULT_FILE = Path(__file__).with_name("thresholds.yaml")

CHANCE = 3.0
"""Standard deviations by which a count may miss its mark: chance does that once in 700 marks."""

_HEADINGS = ("", "request", "p95 ms", "p99 ms", "failed", "requests/s")


class Marks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one kind of request has to reach under one shape.

    `minimum_requests_per_second` is for the shape's default size; it grows and shrinks with the size. Rates
    and percentiles are missed by more than chance explains in a run of that length.
    """

    p95_milliseconds: float
    p99_milliseconds: float
    failure_ratio: float
    minimum_requests_per_second: float


Thresholds = dict[ShapeName, dict[str, Marks]]


class Mark(NamedTuple):
    """One mark and what was measured. `text` compares both."""

    text: str
    passed: bool


class Line(NamedTuple):
    """All marks of one kind of request."""

    name: str
    marks: tuple[Mark, ...]


class Verdict(NamedTuple):
    """All lines of one run, and requests for which no marks exist."""

    lines: tuple[Line, ...]
    unmarked: tuple[str, ...]

    @property
    def missed(self) -> int:
        """How many marks were missed; a request without marks counts as one."""
        return len(self.unmarked) + sum(not mark.passed for line in self.lines for mark in line.marks)

    def __str__(self) -> str:
        return _render(self)


def read_thresholds(path: Path) -> Thresholds:
    """Return the marks of each shape by request name.

    Raises SettingsError if the file can't be read or says something that is no mark.
    """
    try:
        return msgspec.convert(yaml.safe_load(path.read_bytes()), Thresholds)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise SettingsError(f"The pass marks in {path} can't be used: {error}") from None


def marks_for(thresholds: Thresholds, shape: ShapeName, path: Path) -> dict[str, Marks]:
    """Return the marks of one shape. Raises SettingsError if there are none."""
    if not thresholds.get(shape):
        raise SettingsError(f"{path} has no pass marks for the shape {shape!r}.")
    return thresholds[shape]


def judge(results: Results, marks: dict[str, Marks], throughput_scale: float = 1.0) -> Verdict:
    """Compare what was measured with the marks.

    A kind of request that has marks but was never made misses all of them.
    """
    measured = {result.name: result for result in results.requests}
    never = RequestResult("", 0, 0, 0.0)
    return Verdict(
        lines=tuple(
            _compare(name, measured.get(name, never), limits, throughput_scale)
            for name, limits in marks.items()
        ),
        unmarked=tuple(sorted(set(measured) - set(marks))),
    )


def _compare(name: str, result: RequestResult, limits: Marks, scale: float) -> Line:
    slowest = limits.minimum_requests_per_second * scale
    least = _least_by_chance(slowest, result)
    return Line(
        name,
        (
            _within(result, 0.95, result.p95_milliseconds, limits.p95_milliseconds),
            _within(result, 0.99, result.p99_milliseconds, limits.p99_milliseconds),
            Mark(
                f"{result.failure_ratio:.2%} ≤ {limits.failure_ratio:.2%}",
                result.failure_ratio <= limits.failure_ratio,
            ),
            Mark(
                f"{result.requests_per_second:.1f} ≥ {slowest:.1f}",
                result.requests > 0 and result.requests_per_second >= least,
            ),
        ),
    )


def _least_by_chance(rate: float, result: RequestResult) -> float:
    """Return the least rate that a run of this length may show although its users ask at `rate`.

    Users choose by lot what to ask, so counts are Poisson distributed: n within some three times sqrt(n).
    """
    if not result.requests_per_second:
        return rate
    seconds = result.requests / result.requests_per_second
    return rate - CHANCE * math.sqrt(rate / seconds)


def _within(result: RequestResult, share: float, value: float, limit: float) -> Mark:
    """Compare a percentile with its limit. It is missed when more requests were slower than chance explains.

    If each is slow with probability 1 - share, how many are slow is binomially distributed.
    """
    slow = result.requests * (1 - share)
    most = slow + CHANCE * math.sqrt(slow * share)
    return Mark(f"{value:g} ≤ {limit:g}", result.requests > 0 and result.slower_than(limit) <= most)


def _render(verdict: Verdict) -> str:
    rows = [_HEADINGS, *(_row(line) for line in verdict.lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    unmarked = [f"MISSED  {name} has no pass marks" for name in verdict.unmarked]
    marks = sum(len(line.marks) for line in verdict.lines) + len(verdict.unmarked)
    end = f"{verdict.missed} of {marks} pass marks missed" if verdict.missed else f"all {marks} marks reached"
    return "\n".join([*(row.rstrip() for row in table), *unmarked, end])


def _row(line: Line) -> tuple[str, ...]:
    passed = all(mark.passed for mark in line.marks)
    cells = (mark.text if mark.passed else f"{mark.text} MISSED" for mark in line.marks)
    return ("ok" if passed else "MISSED", line.name, *cells)
