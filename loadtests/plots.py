"""Latency over time as a picture, drawn from the history that Locust writes as CSV."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

PLOT_NAME = "latency.png"
EVERYTHING = "Aggregated"
"""Locust's name for all requests together."""
LEAST_MILLISECONDS = 0.5

_NUMBERS = {
    "p50": "50%",
    "p95": "95%",
    "p99": "99%",
    "requests": "Requests/s",
    "failures": "Failures/s",
    "users": "User Count",
}
_LATENCIES = ("p50", "p95", "p99")


class Series:
    """What one kind of request measured over time; lists of equal length. Latencies are milliseconds, and
    those of the last ten seconds at each point."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.values: dict[str, list[float]] = {name: [] for name in _NUMBERS}

    def add(self, seconds: float, row: Mapping[str, str]) -> None:
        """Add one row of the history. Latencies of no request, which Locust writes as N/A or 0, become NaN,
        which is not drawn."""
        self.seconds.append(seconds)
        idle = float(row["Requests/s"]) == 0
        for name, column in _NUMBERS.items():
            absent = row[column] == "N/A" or (idle and name in _LATENCIES)
            self.values[name].append(float("nan") if absent else float(row[column]))


def read_history(path: Path) -> dict[str, Series]:
    """Return the series of each kind of request by name, from Locust's `*_stats_history.csv`."""
    history: defaultdict[str, Series] = defaultdict(Series)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    start = min((float(row["Timestamp"]) for row in rows), default=0.0)
    for row in rows:
        history[row["Name"]].add(float(row["Timestamp"]) - start, row)
    return dict(history)


def draw(history: Mapping[str, Series], title: str, path: Path) -> None:
    """Write a PNG: latency of all requests, 95th percentile of each kind, and requests with users."""
    figure = Figure(figsize=(11, 10), layout="constrained")
    overall, each, traffic = figure.subplots(3, 1, sharex=True)
    figure.suptitle(title)
    everything = history.get(EVERYTHING, Series())
    _draw_overall(overall, everything)
    _draw_each(each, history)
    _draw_traffic(traffic, everything)
    traffic.set_xlabel("seconds since the start")
    figure.savefig(path, dpi=110)


def _draw_overall(axes: Axes, everything: Series) -> None:
    for name in _LATENCIES:
        axes.plot(everything.seconds, _visible(everything.values[name]), label=name)
    _finish_latency(axes, "all requests, ms")


def _draw_each(axes: Axes, history: Mapping[str, Series]) -> None:
    for name in sorted(set(history) - {EVERYTHING}):
        axes.plot(history[name].seconds, _visible(history[name].values["p95"]), label=name)
    _finish_latency(axes, "95th percentile, ms")


def _draw_traffic(axes: Axes, everything: Series) -> None:
    axes.plot(everything.seconds, everything.values["requests"], label="requests/s")
    axes.plot(everything.seconds, everything.values["failures"], label="failures/s", color="tab:red")
    axes.plot(
        everything.seconds,
        everything.values["users"],
        label="users",
        color="tab:gray",
        drawstyle="steps-post",
        linestyle="--",
    )
    axes.set_ylim(bottom=0)
    _finish(axes, "per second, mean of 10 s; users")


def _visible(milliseconds: list[float]) -> list[float]:
    """Return values that a logarithmic axis can show: Locust rounds less than half a millisecond to 0."""
    return [max(value, LEAST_MILLISECONDS) for value in milliseconds]


def _finish_latency(axes: Axes, label: str) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    _finish(axes, label)


def _finish(axes: Axes, label: str) -> None:
    axes.set_ylabel(label)
    axes.grid(visible=True, alpha=0.3)
    if axes.lines:
        axes.legend(loc="upper left", fontsize="small")
