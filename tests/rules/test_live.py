"""A real Prometheus that has scraped a real serving process, and metrics of a reconciler and of the analyst,
has data for every panel that is about them, and evaluates every rule."""

from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, start_http_server

from bentos.analyst.measures import Measures
from tests.support.cluster import annotate, make_pin
from tests.support.dashboards import PanelQuery, panel_queries
from tests.support.prometheus import Prometheus, watching
from tests.support.rules import CHARTS, NAMESPACE, rule_groups
from tests.support.serving import serving
from tests.support.tiny.definition import LEAF
from tests.support.tiny.package import make_package
from training.rollout import names
from training.rollout.metrics import RolloutMetrics
from training.rollout.objects import (
    Deployment,
    DeploymentSpec,
    DeploymentStatus,
    Metadata,
    Template,
    TemplateMetadata,
)
from training.rollout.reconciler import Cycle, Outcome
from training.rollout.trainings import TrainingTimes

DASHBOARDS = {"service", "rollout", "analyst"}
"""The other one asks the kubelet; the end-to-end tests have one."""

REQUESTS = 20
WARNED_OF = ["EkibenRolloutHeld", "EkibenTrainingFailed"]


def held_deployment() -> Deployment:
    labels = {names.MODEL_LABEL: "battle", names.MODE_LABEL: "auto", names.HOLD_LABEL: "true"}
    template = Template(TemplateMetadata(annotations=annotate(make_pin("1"))))
    return Deployment(
        Metadata(name="battle", namespace="shop", generation=3, labels=labels),
        DeploymentSpec(replicas=2, template=template),
        DeploymentStatus(3, replicas=2, updated_replicas=2, ready_replicas=2, available_replicas=2),
    )


def reconciler_metrics() -> RolloutMetrics:
    """Return the metrics of a reconciler that holds one Deployment, and whose training failed last."""
    metrics = RolloutMetrics()
    metrics.lead(True)
    metrics.record(Cycle((Outcome(held_deployment(), "hold", make_pin("2")),), (), 0.02))
    metrics.record_trainings(
        [TrainingTimes(namespace="shop", cronjob="training", created=1.0, succeeded=2.0, failed=3.0)]
    )
    return metrics


def analyst_metrics() -> CollectorRegistry:
    """Return the metrics of an analyst to whom everything has happened once."""
    measures = Measures(registry := CollectorRegistry())
    measures.answers.labels("fallback", "v1", "en").inc()
    measures.count_failed_checks(["numbers"], "openai", "v1", "en")
    measures.count_provider_call("openai", "ok", 0.5)
    measures.breaker_open.labels("openai").set(1)
    measures.tell_limits(100, 5.0)
    measures.tell_budget(91, 1_000_000)
    measures.store_up.set(1)
    measures.tell_prices("BTC", False, 0.0, 3)
    measures.tell_news(0.0)
    return registry


def _has_scraped_twice(prometheus: Prometheus) -> bool:
    """Return whether each of the three targets was."""
    counters = (
        "ekiben_busy_seconds_total",
        "ekiben_rollout_reconcile_seconds_count",
        "ekiben_analyst_answers_total",
    )
    return all(prometheus.query(f"rate({counter}[1m])") for counter in counters)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("live")
    package = make_package(folder / "tiny")
    groups = [group for chart in CHARTS for group in rule_groups(chart)]
    exporter, thread = start_http_server(0, "127.0.0.1", reconciler_metrics().registry)
    analyst, answering = start_http_server(0, "127.0.0.1", analyst_metrics())
    with serving(package.environment) as process:
        targets = {
            process.port: {"namespace": NAMESPACE, "job": "battle", "pod": "battle-a"},
            exporter.server_port: {"namespace": NAMESPACE, "job": "reconciler", "pod": "reconciler-a"},
            analyst.server_port: {"namespace": NAMESPACE, "job": "analyst", "pod": "analyst-a"},
        }
        with watching(targets, groups, folder) as running:
            for _ in range(REQUESTS):
                assert process.ask("POST", "/api/v1/leaf", LEAF).status == 200
            running.wait_until(_has_scraped_twice)
            running.wait_until(lambda asked: not asked.unhealthy())
            yield running
    for server, serving_thread in ((exporter, thread), (analyst, answering)):
        server.shutdown()
        server.server_close()
        serving_thread.join()


@pytest.mark.parametrize(
    "query",
    [query for query in panel_queries() if query.dashboard in DASHBOARDS],
    ids=lambda query: f"{query.dashboard}-{query.panel}",
)
def test_every_panel_has_data(prometheus: Prometheus, query: PanelQuery) -> None:
    assert prometheus.query(query.expression)


def test_every_rule_is_evaluated(prometheus: Prometheus) -> None:
    assert prometheus.unhealthy() == []


def test_the_reconcilers_own_namespace_label_is_renamed(prometheus: Prometheus) -> None:
    (series,) = prometheus.query("ekiben_rollout_hold")
    assert (series["metric"]["namespace"], series["metric"]["exported_namespace"]) == (NAMESPACE, "shop")


@pytest.mark.parametrize("alert", WARNED_OF)
def test_alerts_take_the_labels_of_what_they_are_about(prometheus: Prometheus, alert: str) -> None:
    prometheus.wait_until(lambda asked: bool(asked.query(f'ALERTS{{alertname="{alert}"}}')))
    (series,) = prometheus.query(f'ALERTS{{alertname="{alert}"}}')
    assert series["metric"]["namespace"] == "shop"
    assert series["metric"]["service"] in {"battle", "training"}


@pytest.mark.parametrize("alert", ["EkibenBudgetNearlySpent", "EkibenPricesStale"])
def test_alerts_about_the_analyst_are_on_their_way(prometheus: Prometheus, alert: str) -> None:
    prometheus.wait_until(lambda asked: bool(asked.query(f'ALERTS{{alertname="{alert}"}}')))
    (series,) = prometheus.query(f'ALERTS{{alertname="{alert}"}}')
    assert (series["metric"]["namespace"], series["metric"]["service"]) == (NAMESPACE, "analyst")


def test_a_serving_process_is_no_reason_to_warn(prometheus: Prometheus) -> None:
    about_battle = 'ALERTS{namespace="models",service="battle",alertname!="EkibenLowTraffic"}'
    assert prometheus.query(about_battle) == []
