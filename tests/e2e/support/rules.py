"""The charts' own alert rules, loaded into the test cluster's Prometheus as its operator would load them."""

from typing import Any

import yaml

from tests.e2e.support.cluster import Cluster
from tests.e2e.support.platform import CHART, PARTS, RELEASE, VALUES
from tests.e2e.support.prometheus import MONITORING

RULES = "prometheus-rules"


def rendered_groups(cluster: Cluster) -> list[dict[str, Any]]:
    """Return the rule groups of the platform with the values that the tests install it with."""
    switches = [f"--set={part}.prometheusRule.enabled=true" for part in PARTS] + [
        "--set=parts.analystData=true"
    ]
    rendered = cluster.helm("template", RELEASE, CHART, "--values", str(VALUES), *switches)
    objects = [one for one in yaml.safe_load_all(rendered) if one]
    return [group for one in objects if one["kind"] == "PrometheusRule" for group in one["spec"]["groups"]]


def load_rules(cluster: Cluster) -> None:
    """Put the rules in force; Prometheus begins anew, so nothing of an earlier run is left in it."""
    rules = yaml.safe_dump({"groups": rendered_groups(cluster)})
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": RULES, "namespace": MONITORING},
            "data": {"ekiben.yaml": rules},
        }
    )
    inside = ("--namespace", MONITORING)
    cluster.kubectl("rollout", "restart", "deploy/prometheus", *inside)
    cluster.kubectl("rollout", "status", "deploy/prometheus", "--timeout=120s", *inside, within_seconds=130)
