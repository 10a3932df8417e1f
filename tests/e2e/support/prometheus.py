"""Questions to the cluster's Prometheus, asked through the API server."""

import json
from typing import Any
from urllib.parse import quote

from tests.e2e.support.cluster import Cluster

MONITORING = "monitoring"
PROXY = f"/api/v1/namespaces/{MONITORING}/services/prometheus:9090/proxy"


class Prometheus:
    """The HTTP API."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def _ask(self, path: str) -> Any:
        answer = json.loads(self._cluster.raw(f"{PROXY}/api/v1/{path}"))
        if answer["status"] != "success":
            raise RuntimeError(f"Prometheus answered {answer}")
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the vector of an expression at this moment."""
        found: list[dict[str, Any]] = self._ask(f"query?query={quote(expression, safe='')}")["result"]
        return found

    def value(self, expression: str) -> float:
        """Return the only value of an expression. Raises LookupError unless there is exactly one."""
        found = self.query(expression)
        if len(found) != 1:
            raise LookupError(f"{expression} has {len(found)} values")
        return float(found[0]["value"][1])

    def targets(self) -> list[dict[str, Any]]:
        """Return the active targets."""
        found: list[dict[str, Any]] = self._ask("targets?state=active")["activeTargets"]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """Return every loaded rule."""
        return [rule for group in self._ask("rules")["groups"] for rule in group["rules"]]

    def fired(self, window: str) -> dict[str, str]:
        """Return what each alert came to within the window: `pending` or `firing`."""
        found = self.query(f"max by (alertname, alertstate) (max_over_time(ALERTS[{window}]))")
        states: dict[str, str] = {}
        for sample in found:
            name, state = sample["metric"]["alertname"], sample["metric"]["alertstate"]
            if states.get(name) != "firing":
                states[name] = state
        return states
