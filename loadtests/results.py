"""What a load test measured, as the process that made the load hands it over."""

from pathlib import Path

import msgspec

from loadtests.errors import LoadNotMade

RESULTS_NAME = "results.json"
ALL_REQUESTS = "all"
"""The name under which all requests together are counted."""


class RequestResult(msgspec.Struct, frozen=True):
    """What callers saw of one kind of request. `response_times` has how many took how many milliseconds:
    whole ones, two digits from 100 on."""

    name: str
    requests: int
    failures: int
    requests_per_second: float
    response_times: dict[int, int] = {}

    @property
    def p95_milliseconds(self) -> float:
        """The time within which 95 of 100 requests were answered; infinite where there was none."""
        return self._percentile(0.95)

    @property
    def p99_milliseconds(self) -> float:
        """The time within which 99 of 100 requests were answered; infinite where there was none."""
        return self._percentile(0.99)

    @property
    def failure_ratio(self) -> float:
        """Share of requests that failed, 0 to 1; 1 where there was none."""
        return self.failures / self.requests if self.requests else 1.0

    def slower_than(self, milliseconds: float) -> int:
        """Return how many requests took longer."""
        return sum(count for time, count in self.response_times.items() if time > milliseconds)

    def _percentile(self, share: float) -> float:
        """Return the least time that so large a share of all requests did not exceed."""
        answered = 0
        for time, count in sorted(self.response_times.items()):
            answered += count
            if answered >= share * self.requests:
                return float(time)
        return float("inf")


class Failure(msgspec.Struct, frozen=True):
    """One kind of failure, and how often it happened."""

    name: str
    message: str
    occurrences: int


class Results(msgspec.Struct, frozen=True):
    """One whole run. `lost_workers` went away while load was made; `broken` tells of errors in the load test
    itself; `short_of_cpu` means that latencies are partly Locust's own."""

    requests: list[RequestResult]
    failures: list[Failure]
    lost_workers: int = 0
    broken: list[str] = []
    short_of_cpu: bool = False


def write_results(folder: Path, results: Results) -> None:
    """Write `results.json`."""
    (folder / RESULTS_NAME).write_bytes(msgspec.json.format(msgspec.json.encode(results)))


def read_results(folder: Path) -> Results:
    """Return what `write_results` wrote. Raises LoadNotMade if it is not there, is not whole, or tells that
    the load test itself went wrong."""
    try:
        results = msgspec.json.decode((folder / RESULTS_NAME).read_bytes(), type=Results)
    except (OSError, msgspec.DecodeError) as error:
        raise LoadNotMade(f"there are no whole results ({error})") from None
    if results.broken:
        raise LoadNotMade(f"the load test itself failed: {results.broken[0]}")
    if results.lost_workers:
        raise LoadNotMade(f"{results.lost_workers} of its workers went away")
    return results
