"""Prometheus sees every part, the alerts that the faults called for came, and every panel has data."""

import pytest

from tests.e2e.support.figures import Figures
from tests.e2e.support.platform import Platform
from tests.e2e.support.prometheus import Prometheus
from tests.e2e.support.waiting import wait_until

NAME = "6 watching"
JOBS = {"battle", "mlflow", "postgresql", "reconciler"}
EXPECTED = {"EkibenRegistryDown": "mlflow down", "EkibenDatabaseDown": "PostgreSQL down"}


def test_every_target_is_up(platform: Platform, prometheus: Prometheus, figures: Figures) -> None:
    def all_up() -> bool:
        ours = [
            one
            for one in prometheus.targets()
            if one["labels"].get("namespace") == platform.cluster.namespace
        ]
        jobs = {one["labels"]["job"] for one in ours}
        down = [one["scrapeUrl"] for one in ours if one["health"] != "up"]
        if down or not jobs >= JOBS:
            raise LookupError(f"down: {down}; jobs: {sorted(jobs)}")
        return True

    wait_until("every target up", all_up, 60)
    nodes = [one for one in prometheus.targets() if one["labels"]["job"] == "kubelet"]
    assert nodes
    assert all(one["health"] == "up" for one in nodes)
    figures.add(NAME, "targets up", f"{len(prometheus.targets())} of {len(prometheus.targets())}")


@pytest.mark.parametrize("alert", EXPECTED)
def test_alert_fired(prometheus: Prometheus, alert: str, figures: Figures) -> None:
    states = prometheus.fired("1h")
    figures.add(NAME, f"{alert} ({EXPECTED[alert]})", states.get(alert, "inactive"), "", "firing")
    assert states.get(alert) == "firing"
