"""Prometheus sees every part, the alerts that the faults called for came, and every panel has data."""

import pytest

from tests.e2e.support.figures import Figures
from tests.e2e.support.load import load
from tests.e2e.support.platform import Platform
from tests.e2e.support.prometheus import Prometheus
from tests.e2e.support.service import CALLER
from tests.e2e.support.waiting import wait_until
from tests.support.dashboards import panel_queries
from tests.support.rules import all_alerts

NAME = "6 watching"
JOBS = {"battle", "mlflow", "postgresql", "reconciler"}
EXPECTED = {
    "EkibenDatabaseDown": "PostgreSQL down",
    "EkibenRegistryDown": "MLflow down",
    "EkibenTrainingFailed": "training without a registry",
    "EkibenReconcilerStalled": "MLflow down",
    "EkibenModelPinNotReached": "corrupt champion",
}
"""Alerts of the last minutes, and which fault they tell of."""
OPTIONAL = {
    *("EkibenLowTraffic", "EkibenCertificateExpiring"),
    *("EkibenPricesStale", "EkibenPricesMissing", "EkibenNewsStale"),
}
"""Alerts that a chart has only where values ask for them."""
LOOK_BACK = "1h"


def test_every_target_is_up(platform: Platform, prometheus: Prometheus, figures: Figures) -> None:
    def ours() -> list[str]:
        targets = prometheus.targets()
        own = [one for one in targets if one["labels"].get("namespace") == platform.cluster.namespace]
        down = [one["scrapeUrl"] for one in own if one["health"] != "up"]
        jobs = {one["labels"]["job"] for one in own}
        if down or not jobs >= JOBS:
            raise LookupError(f"down: {down}; jobs: {sorted(jobs)}")
        return [str(one["scrapeUrl"]) for one in own]

    up = wait_until("every target up", ours, 90, 2)
    figures.add(NAME, "targets of the platform up", f"{len(up)} of {len(up)}")
    paths = {
        one["labels"].get("metrics_path")
        for one in prometheus.targets()
        if one["labels"]["job"] == "kubelet" and one["health"] == "up"
    }
    assert {"/metrics", "/metrics/cadvisor"} <= paths


def test_rules_are_those_of_the_charts(prometheus: Prometheus) -> None:
    loaded = prometheus.rules()
    assert {rule["name"] for rule in loaded if rule["type"] == "alerting"} == set(all_alerts()) - OPTIONAL
    assert [rule["name"] for rule in loaded if rule["health"] == "err"] == []


@pytest.mark.parametrize("alert", EXPECTED)
def test_alert_fired(prometheus: Prometheus, alert: str, figures: Figures) -> None:
    state = prometheus.fired(LOOK_BACK).get(alert, "inactive")
    figures.add(NAME, f"{alert} ({EXPECTED[alert]})", state, "", "firing")
    assert state == "firing"


def test_every_panel_of_the_dashboards_has_data(
    platform: Platform, prometheus: Prometheus, figures: Figures
) -> None:
    inside = {"namespace": platform.cluster.namespace}
    variables = {"service": {**inside, "job": "battle"}, "resources": inside, "rollout": inside}
    queries = [one for one in panel_queries(variables) if one.dashboard in variables]
    battle = platform.battle

    def without_data() -> list[str]:
        return [f"{one.dashboard}: {one.panel}" for one in queries if not prometheus.query(one.expression)]

    def all_have_data() -> bool:
        if empty := without_data():
            raise LookupError(empty)
        return True

    with load(platform.cluster, CALLER, host=battle.name, key=battle.key, per_second=20):
        battle.ask("/api/v1/predict/battle", body="{}")
        wait_until("data for every panel", all_have_data, 60, 5)
    figures.add(NAME, "queries of the dashboards with data", f"{len(queries)} of {len(queries)}")
