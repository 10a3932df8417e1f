"""Metrics, and who may reach what."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.helm import HelmRefused, Manifests, Object, render
from tests.support.network_policies import Place, may_reach, pod_place

CLIENT = Place("games", {"ekiben.io/registry-client": "true"})
STRANGER = Place("games", {"app": "other"})
PROMETHEUS = Place("monitoring", {"app": "prometheus"})
DNS = Place("kube-system", {"k8s-app": "kube-dns"})
DATABASE = Place("games", {"app.kubernetes.io/name": "postgresql"})
OUTSIDE = Place(address="203.0.113.7")
S3 = {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": 443}]}


def _mlflow(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("mlflow", values, release="mlflow")


def _template(values: Mapping[str, Any] | None = None) -> Object:
    template: Object = _mlflow(values).one("Deployment")["spec"]["template"]
    return template


def _lets_in(source: Place, port: int, values: Mapping[str, Any] | None = None) -> bool:
    policies = _mlflow(values).of("NetworkPolicy")
    return may_reach(policies, source, pod_place(_template(values), "games"), port)


def _lets_out(target: Place, port: int, values: Mapping[str, Any] | None = None) -> bool:
    policies = _mlflow(values).of("NetworkPolicy")
    return may_reach(policies, pod_place(_template(values), "games"), target, port)


def test_clients_reach_the_server_and_nothing_else() -> None:
    assert _lets_in(CLIENT, 5000)
    assert not _lets_in(CLIENT, 9100)
    assert not _lets_in(STRANGER, 5000)
    assert not _lets_in(OUTSIDE, 5000)


def test_prometheus_reaches_metrics_and_nothing_else() -> None:
    assert _lets_in(PROMETHEUS, 9100)
    assert not _lets_in(PROMETHEUS, 5000)
    assert not _lets_in(PROMETHEUS, 9100, {"metrics": {"enabled": False}})


def test_the_server_reaches_names_and_the_database() -> None:
    assert _lets_out(DNS, 53)
    assert _lets_out(DATABASE, 5432)
    assert not _lets_out(DATABASE, 22)
    assert not _lets_out(OUTSIDE, 443)


def test_the_database_can_be_elsewhere() -> None:
    database = {"peers": [{"ipBlock": {"cidr": "203.0.113.7/32"}}], "port": 6432}
    values = {"networkPolicy": {"database": database}}
    assert _lets_out(OUTSIDE, 6432, values)
    assert not _lets_out(DATABASE, 5432, values)


def test_a_bucket_needs_a_rule() -> None:
    assert _lets_out(OUTSIDE, 443, {"networkPolicy": {"egress": [S3]}})


def test_no_policy_if_not_wanted() -> None:
    assert _mlflow({"networkPolicy": {"enabled": False}}).of("NetworkPolicy") == []


def test_metrics_are_served_by_a_container_without_secrets() -> None:
    (metrics,) = [one for one in _template()["spec"]["containers"] if one["name"] == "metrics"]
    assert {mount["name"] for mount in metrics["volumeMounts"]} == {"files", "metrics-files"}
    assert not [entry for entry in metrics["env"] if "valueFrom" in entry]
    assert metrics["ports"] == [{"name": "metrics", "containerPort": 9100}]


def test_the_server_leaves_its_counters_where_the_other_container_reads_them() -> None:
    server = _template()["spec"]["containers"][0]
    assert "--expose-prometheus=/metrics-files" in server["args"]
    assert {"name": "PROMETHEUS_MULTIPROC_DIR", "value": "/metrics-files"} in server["env"]


def test_without_metrics_there_is_one_container() -> None:
    template = _template({"metrics": {"enabled": False}})
    (server,) = template["spec"]["containers"]
    assert not [argument for argument in server["args"] if "prometheus" in argument]
    assert "prometheus.io/scrape" not in template["metadata"]["annotations"]


def test_pods_ask_to_be_scraped_unless_told_not_to() -> None:
    annotations = _template({"metrics": {"port": 9200}})["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == "9200"
    quiet = _template({"metrics": {"annotations": False}})["metadata"]["annotations"]
    assert "prometheus.io/scrape" not in quiet


def test_the_operator_gets_a_monitor_and_rules_if_wanted() -> None:
    values = {
        "podMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True, "labels": {"release": "p"}},
    }
    found = _mlflow(values)
    (endpoint,) = found.one("PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint == {"port": "metrics", "path": "/metrics"}
    rule = found.one("PrometheusRule")
    assert rule["metadata"]["labels"]["release"] == "p"
    alerts = {one.get("alert") for group in rule["spec"]["groups"] for one in group["rules"]}
    assert alerts >= {"EkibenRegistryDown", "EkibenRegistryErrors"}
    assert not {"PodMonitor", "PrometheusRule"} & set(_mlflow().kinds())


def test_a_monitor_without_metrics_is_refused() -> None:
    with pytest.raises(HelmRefused, match="there is nothing to fetch"):
        _mlflow({"podMonitor": {"enabled": True}, "metrics": {"enabled": False}})


def test_the_budget_lets_one_pod_go_and_can_be_left_out() -> None:
    assert _mlflow().one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert _mlflow({"pdb": {"enabled": False}}).of("PodDisruptionBudget") == []
