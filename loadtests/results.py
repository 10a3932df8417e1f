"""What a load test measured, as the process that made the load hands it over."""

from pathlib import Path

import msgspec

from loadtests.errors import LoadNotMade

RESULTS_NAME = "results.json"
ALL_REQUESTS = "all"
"""The name under which all requests together are counted."""


class RequestResult(msgspec.Struct, frozen=True):
    """What callers saw of one kind of request. Percentiles are whole milliseconds, two digits from 100 on."""

    name: str
    requests: int
    failures: int
    p50_milliseconds: float
    p95_milliseconds: float
    p99_milliseconds: float
    requests_per_second: float

    @property
    def failure_ratio(self) -> float:
        """Share of requests that failed, 0 to 1; 1 where there was none."""
        return self.failures / self.requests if self.requests else 1.0


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
