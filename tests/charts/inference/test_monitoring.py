"""What Prometheus and Grafana are told."""

import json

import pytest

from tests.support.helm import CHARTS, Object
from tests.support.inference_chart import deployment, inference, pod

RELEASE = {"release": "kube-prometheus-stack"}
RULES = CHARTS / "inference/files/rules"
DASHBOARDS = CHARTS / "inference/files/dashboards"


def _alerts(values: Object) -> list[Object]:
    rule = inference({"prometheusRule": {"enabled": True}, **values}).one("PrometheusRule")
    rules = [entry for group in rule["spec"]["groups"] for entry in group["rules"]]
    return [entry for entry in rules if "alert" in entry]


def test_pods_ask_to_be_scraped() -> None:
    annotations = pod()["metadata"]["annotations"]
    assert annotations["prometheus.io/scrape"] == "true"
    assert annotations["prometheus.io/port"] == "3000"
    assert annotations["prometheus.io/path"] == "/metrics"


def test_pods_need_not_ask() -> None:
    annotations = pod({"metrics": {"annotations": False}})["metadata"]["annotations"]
    assert [key for key in annotations if key.startswith("prometheus.io/")] == []


def test_nothing_for_the_operator_and_grafana_unless_asked() -> None:
    absent = {"PodMonitor", "ServiceMonitor", "PrometheusRule", "ConfigMap"}
    assert not absent & set(inference().kinds())


@pytest.mark.parametrize(
    ("value", "kind", "endpoints"),
    [
        ("podMonitor", "PodMonitor", "podMetricsEndpoints"),
        ("serviceMonitor", "ServiceMonitor", "endpoints"),
    ],
)
def test_monitors_scrape_these_pods_under_the_services_name(value: str, kind: str, endpoints: str) -> None:
    asked = {"enabled": True, "labels": RELEASE, "interval": "15s", "scrapeTimeout": "5s"}
    monitor = inference({value: asked}).one(kind)
    assert monitor["metadata"]["labels"].items() >= RELEASE.items()
    assert monitor["spec"]["jobLabel"] == "app.kubernetes.io/name"
    assert monitor["spec"]["selector"] == deployment()["spec"]["selector"]
    assert monitor["spec"][endpoints] == [
        {"port": "http", "path": "/metrics", "interval": "15s", "scrapeTimeout": "5s"}
    ]
    plain = inference({value: {"enabled": True}}).one(kind)["spec"][endpoints]
    assert plain == [{"port": "http", "path": "/metrics"}]


def test_every_rule_file_ends_up_in_the_rules() -> None:
    values = {"prometheusRule": {"enabled": True, "labels": RELEASE}}
    rule = inference(values).one("PrometheusRule")
    assert rule["metadata"]["labels"].items() >= RELEASE.items()
    assert len(rule["spec"]["groups"]) >= len(list(RULES.glob("*.yaml"))) > 0


def test_every_alert_has_a_runbook_and_the_users_labels() -> None:
    for alert in _alerts({"alerts": {"runbookUrl": "https://example.org/r", "labels": {"cluster": "eu"}}}):
        assert alert["annotations"]["runbook_url"] == f"https://example.org/r#{alert['alert'].lower()}"
        assert alert["labels"]["cluster"] == "eu"
        assert alert["labels"]["severity"]


def test_an_alert_can_be_left_out() -> None:
    names = {alert["alert"] for alert in _alerts({})}
    without = {alert["alert"] for alert in _alerts({"alerts": {"disabled": ["EkibenHighLatency"]}})}
    assert names - without == {"EkibenHighLatency"}


def test_the_schema_knows_every_alert_by_name() -> None:
    schema = json.loads((CHARTS / "inference/values.schema.json").read_text())
    known = set(schema["properties"]["alerts"]["properties"]["disabled"]["items"]["enum"])
    everything = {"trafficExpected": True, "certificateDays": 30}
    assert {alert["alert"] for alert in _alerts({"alerts": everything})} == known


def test_dashboards_are_shipped_as_they_are() -> None:
    asked = {"enabled": True, "labels": {"grafana": "yes"}, "annotations": {"folder": "Models"}}
    found = inference({"dashboards": asked}).one("ConfigMap", "battle-dashboards")
    assert found["metadata"]["labels"].items() >= {"grafana": "yes", "grafana_dashboard": "1"}.items()
    assert found["metadata"]["annotations"] == {"folder": "Models", "grafana_folder": "Ekiben"}
    files = {file.name: json.loads(file.read_text()) for file in DASHBOARDS.glob("*.json")}
    assert {name: json.loads(text) for name, text in found["data"].items()} == files
    assert files
