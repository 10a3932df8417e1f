"""Locust in the cluster, a master and its workers against the Service, with its report brought home."""

from collections.abc import Iterator

import pytest

from loadtests.bundle import unpack
from loadtests.results import ALL_REQUESTS, read_results
from tests.e2e.support.cluster import BUILD
from tests.e2e.support.figures import Figures
from tests.e2e.support.platform import Platform
from tests.e2e.support.waiting import wait_until

NAME = "8 Locust"
RELEASE = "load"
CHART = "charts/loadtests"
SECONDS = 30
WORKERS = 2
OPTIONS = (
    "image.tag=dev",
    "auth.existingSecret=ekiben-test-key",
    f"workers.count={WORKERS}",
    "workers.resources.requests.cpu=100m",
    "master.resources.requests.cpu=100m",
    "load.users=10",
    f"load.durationSeconds={SECONDS}",
)


@pytest.fixture(scope="module")
def master(platform: Platform) -> Iterator[str]:
    """The master's Job when it has ended."""
    cluster = platform.cluster
    cluster.helm("upgrade", "--install", RELEASE, CHART, *(f"--set={option}" for option in OPTIONS))
    jobs = [one["metadata"]["name"] for one in cluster.items("jobs") if "-master-" in one["metadata"]["name"]]
    assert len(jobs) == 1

    def has_ended() -> bool:
        status = cluster.get("job", jobs[0])["status"]
        return bool(status.get("succeeded") or status.get("failed"))

    wait_until("the end of the load", has_ended, SECONDS + 150, 2)
    yield jobs[0]
    cluster.helm("uninstall", RELEASE, "--wait")


def test_every_worker_takes_part_no_request_fails_and_the_report_comes_home(
    platform: Platform, master: str, figures: Figures
) -> None:
    folder = BUILD / "locust"
    log = platform.cluster.kubectl("logs", f"job/{master}")
    shown: list[str] = []
    names = unpack(log.splitlines(), folder, shown.append)
    assert {name.rpartition(".")[2] for name in names} >= {"html", "csv", "json", "png"}
    results = read_results(folder)
    everything = next(one for one in results.requests if one.name == ALL_REQUESTS)
    assert results.failures == []
    assert (results.lost_workers, results.broken, everything.failures) == (0, [], 0)
    assert everything.requests > 20 * SECONDS
    ended = platform.cluster.get("job", master)["status"]
    assert ended.get("succeeded") == 1, "\n".join(shown[-30:])
    figures.add(NAME, f"failed of {everything.requests} requests by {WORKERS} workers", 0, "", "0")
    figures.add(NAME, "p95 of all requests", everything.p95_milliseconds, "ms")
    figures.add(NAME, "requests a second", round(everything.requests_per_second), "/s")
