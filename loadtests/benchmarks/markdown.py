"""Tables in Markdown, and numbers in them."""

import math
from collections.abc import Iterable, Sequence

NOTHING = "—"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; all columns but the first are numbers, and aligned so."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def count(value: float) -> str:
    """Return a whole number with separators; small ones with a digit behind the point."""
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"


def milliseconds(seconds: float | None) -> str:
    """Return seconds in milliseconds, to three digits or so."""
    if seconds is None:
        return NOTHING
    if math.isinf(seconds):
        return "never"
    value = seconds * 1e3
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def microseconds(seconds: float) -> str:
    """Return seconds in microseconds."""
    return f"{seconds * 1e6:,.0f} µs"


def seconds_of(seconds: float) -> str:
    """Return seconds with a digit behind the point."""
    return "never" if math.isinf(seconds) else f"{seconds:,.1f} s"


def megabytes(value: float) -> str:
    """Return megabytes."""
    return f"{value:,.0f} MB"


def ratio(value: float) -> str:
    """Return a ratio to two digits or so."""
    return f"{value:.1f}×" if value >= 10 else f"{value:.2f}×"
