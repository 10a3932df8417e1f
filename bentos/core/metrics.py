"""What Prometheus reads at `/metrics`.

Requests are counted in plain numbers and turned into samples when they are asked for. A bound child of
prometheus_client costs 0.7 µs a count and 1.1 µs an observation, five of which would be a tenth of what an
answer may cost; these cost 0.1 to 0.2 µs. The numbers are changed on the event loop's thread only. As nothing
here is a prometheus_client value, the multiprocess mode that BentoML turns on does not concern it.
"""

import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bentos.core.readiness import Readiness

DURATION_EDGES_SECONDS = (
    *(0.0001, 0.0002, 0.0003, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075),
    *(0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0),
)
"""0.1 ms to 1 s in steps of at most a factor of two, then coarse for what waits on others."""

CONFIDENCE_EDGES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1.0)
"""0.6 is where an answer stops being close to a coin toss."""

LEAST_COUNTED_AT_ONCE = 32
"""Fewer values are counted faster one by one."""

GRPC_METHOD = "GRPC"
"""Stands for the method of a call over gRPC."""

KNOWN_METHODS = frozenset({"DELETE", "GET", GRPC_METHOD, "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER_METHOD = "other"
"""Stands for every method that is none, so that callers can't make up labels."""


class Buckets:
    """Counts of a value between edges, and its sum."""

    __slots__ = ("_counts", "_edges", "_sum")

    def __init__(self, edges: Sequence[float]) -> None:
        self._edges = edges
        self._counts = [0] * (len(edges) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._edges, value)] += 1
        self._sum += value

    def observe_all(self, values: NDArray[np.float64]) -> None:
        """Count float64[n]: from some dozens on, many at once."""
        if values.size < LEAST_COUNTED_AT_ONCE:
            for value in values.tolist():
                self.observe(value)
            return
        places = np.searchsorted(self._edges, values, side="left")
        found = np.bincount(places, minlength=len(self._counts)).tolist()
        self._counts = [count + more for count, more in zip(self._counts, found, strict=True)]
        self._sum += float(values.sum())

    def merge(self, other: "Buckets") -> None:
        """Add the counts of other buckets between the same edges."""
        self._counts = [mine + theirs for mine, theirs in zip(self._counts, other._counts, strict=True)]
        self._sum += other._sum

    def cumulated(self) -> list[int]:
        """Return how many values were at most each edge, and last how many there were."""
        return list(accumulate(self._counts))

    def add_to(self, family: HistogramMetricFamily, labels: Sequence[str]) -> None:
        """Write the buckets into a family, cumulated as Prometheus wants them."""
        names = [*(f"{edge:g}" for edge in self._edges), "+Inf"]
        counts = zip(names, self.cumulated(), strict=True)
        family.add_metric(labels, buckets=list(counts), sum_value=self._sum)


class Series:
    """The requests of one route and method."""

    __slots__ = ("codes", "duration", "method", "route")

    def __init__(self, route: str, method: str) -> None:
        self.route = route
        self.method = method
        self.codes: defaultdict[int, int] = defaultdict(int)
        self.duration = Buckets(DURATION_EDGES_SECONDS)

    def observe(self, code: int, seconds: float) -> None:
        """Count one request that ended with this status code after this time."""
        self.codes[code] += 1
        self.duration.observe(seconds)


class Predictions:
    """What predictions said, and how sure they were. Workers count into one of their own, which is merged
    later."""

    __slots__ = ("confidence", "outcomes")

    def __init__(self) -> None:
        self.outcomes: defaultdict[str, int] = defaultdict(int)
        self.confidence = Buckets(CONFIDENCE_EDGES)

    def count(self, outcomes: Iterable[tuple[str, float]]) -> None:
        """Count predictions: what each says, and how sure it is."""
        for outcome, confidence in outcomes:
            self.outcomes[outcome] += 1
            self.confidence.observe(confidence)

    def count_all(self, outcomes: Iterable[tuple[str, NDArray[np.float64]]]) -> None:
        """Count many predictions at once: how sure each of those was that said the same."""
        for outcome, confidences in outcomes:
            if confidences.size:
                self.outcomes[outcome] += confidences.size
                self.confidence.observe_all(confidences)

    def merge(self, other: "Predictions") -> None:
        """Add what another one counted."""
        for outcome, count in other.outcomes.items():
            self.outcomes[outcome] += count
        self.confidence.merge(other.confidence)


class Metrics(Collector):
    """Every number of one serving process."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._series: dict[tuple[str, str], Series] = {}
        self.predictions = Predictions()
        self._model: dict[str, str] = {}
        self._busy = BusyClock()
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def series(self, route: str, method: str) -> Series:
        """Return the series of a route, made when it is first asked for."""
        key = (route, method if method in KNOWN_METHODS else OTHER_METHOD)
        if key not in self._series:
            self._series[key] = Series(*key)
        return self._series[key]

    def name_model(self, labels: Mapping[str, str]) -> None:
        """Say which model answers."""
        self._model = dict(labels)

    def watch_this_thread(self) -> None:
        """Take the calling thread for the one that `ekiben_busy_seconds_total` is about."""
        self._busy = BusyClock()

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the samples and their content type, in the format that the Accept header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type

    def collect(self) -> Iterator[Metric]:
        """Turn the numbers into samples."""
        yield from self._collect_requests()
        yield from self._collect_predictions()
        yield CounterMetricFamily(
            "ekiben_busy_seconds",
            "Seconds in which the event loop was not idle: running, or ready and waiting for a processor.",
            value=self._busy.seconds(),
        )
        yield GaugeMetricFamily(
            "ekiben_ready", "1 while requests should be sent here.", value=float(self._readiness.is_ready)
        )
        if self._model:
            info = GaugeMetricFamily("ekiben_model_info", "The model that answers.", labels=list(self._model))
            info.add_metric(list(self._model.values()), 1.0)
            yield info

    def _collect_requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "ekiben_requests", "Requests answered, by route template.", labels=["route", "method", "code"]
        )
        duration = HistogramMetricFamily(
            "ekiben_request_duration_seconds",
            "From the arrival of a request's headers in the application to the end of its answer.",
            labels=["route", "method"],
        )
        for series in self._series.values():
            if not series.codes:
                continue
            for code, count in series.codes.items():
                requests.add_metric([series.route, series.method, str(code)], count)
            series.duration.add_to(duration, [series.route, series.method])
        yield requests
        yield duration

    def _collect_predictions(self) -> Iterator[Metric]:
        predictions = CounterMetricFamily(
            "ekiben_predictions", "Predictions made, by what they say.", labels=["outcome"]
        )
        for outcome, count in self.predictions.outcomes.items():
            predictions.add_metric([outcome], count)
        confidence = HistogramMetricFamily(
            "ekiben_prediction_confidence", "The probability that each prediction gives to what it says."
        )
        self.predictions.confidence.add_to(confidence, [])
        yield predictions
        yield confidence


class BusyClock:
    """How long one thread was not idle, by the scheduler's own count.

    An event loop that is done waits for the kernel; whenever it does not wait it has requests to work on.
    Linux counts that for every thread: time on a processor, and time ready to run without one (throttled by a
    CPU limit, or crowded out). So the rate of this is the share of time in which the loop was busy, at no
    cost to requests; what handlers measure of themselves leaves out the reading and writing of HTTP, which is
    half of it.
    """

    def __init__(self) -> None:
        self._path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._clock = time.pthread_getcpuclockid(threading.get_ident())

    def seconds(self) -> float:
        """Return seconds since the thread began; only its processor time where the kernel tells no more."""
        try:
            running, waiting, _ = self._path.read_text().split()
        except (OSError, ValueError):
            return time.clock_gettime(self._clock)
        return (int(running) + int(waiting)) / 1e9
