"""What `docs/monitoring.md` says works: its values render, its commands run, its labels are all there."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.support.helm import render, run_helm
from tests.support.rules import all_alerts

TEXT = (Path(__file__).parents[2] / "docs/monitoring.md").read_text()
VALUES = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)]
COMMANDS = re.findall(r"^\$ (.+)$", TEXT, re.MULTILINE)
KINDS = {"PodMonitor": 4, "PrometheusRule": 4}


@pytest.mark.parametrize("kind", KINDS)
def test_the_operator_finds_every_object(kind: str) -> None:
    found = render("platform", VALUES[0]).of(kind)
    assert len(found) == KINDS[kind]
    assert {item["metadata"]["labels"]["release"] for item in found} == {"kube-prometheus-stack"}


def test_jobs_are_called_as_the_rules_expect() -> None:
    found = render("platform", VALUES[0])
    assert {item["spec"]["jobLabel"] for item in found.of("PodMonitor")} == {"app.kubernetes.io/name"}
    selected = {
        item["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] for item in found.of("PodMonitor")
    }
    assert selected == {"battle", "mlflow", "postgresql", "reconciler"}
    assert not any(
        end.get("honorLabels")
        for item in found.of("PodMonitor")
        for end in item["spec"]["podMetricsEndpoints"]
    )


def test_grafana_gets_every_dashboard_from_the_platform() -> None:
    maps = render("platform", VALUES[0]).of("ConfigMap")
    names = [name for item in maps for name in item.get("data", {}) if name.endswith(".json")]
    assert sorted(names) == ["resources.json", "rollout.json", "service.json"]


def test_the_analyst_is_watched_like_the_others() -> None:
    found = render("platform", VALUES[1])
    for kind, names in (("PodMonitor", {"analyst"}), ("PrometheusRule", {"analyst", "analyst-data"})):
        assert {item["metadata"]["name"] for item in found.of(kind)} == names
        assert {item["metadata"]["labels"]["release"] for item in found.of(kind)} == {"kube-prometheus-stack"}
    maps = [name for item in found.of("ConfigMap") for name in item.get("data", {})]
    assert "analyst.json" in maps


def test_rules_can_be_had_without_an_operator() -> None:
    command = next(command for command in COMMANDS if command.startswith("helm "))
    rule = yaml.safe_load(run_helm(*shlex.split(command)[1:]))
    assert rule["kind"] == "PrometheusRule"


def test_the_secrets_are_those_that_alertmanager_reads() -> None:
    secrets = [shlex.split(command) for command in COMMANDS if "create secret" in command]
    names = {words[words.index("generic") + 1] for words in secrets}
    spec = VALUES[2]["alertmanager"]["alertmanagerSpec"]
    assert names == {spec["configSecret"], *spec["secrets"]}


@pytest.mark.parametrize("label", ["severity", "team"])
def test_the_values_of_labels_are_all_there(label: str) -> None:
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{label}` |"))
    used = {rule["labels"][label] for _, rule in all_alerts().values()}
    assert set(re.findall(r"`([\w-]+)`", row)) - {label} == used
