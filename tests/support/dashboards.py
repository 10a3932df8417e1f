"""The queries of the dashboards as a Prometheus is asked them, with the variables replaced."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHARTS = Path(__file__).parents[2] / "charts"
INTERVALS: Mapping[str, str] = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "1h"}
"""What Grafana replaces by itself."""

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "service": {
        "namespace": "models",
        "job": "battle",
        "routes": "/api/.+|/v2/models/.+|/inference.+/Model.+",
    },
    "resources": {"namespace": "models", "job": ".+"},
    "rollout": {"namespace": "models"},
    "analyst": {"namespace": "models", "job": "analyst"},
}
"""Values of each dashboard's variables, where nothing else is asked for."""


@dataclass(frozen=True)
class PanelQuery:
    """One query: on which dashboard, in which panel, and the expression without variables."""

    dashboard: str
    panel: str
    expression: str


def dashboard_files() -> list[Path]:
    """Return every dashboard of every chart."""
    return sorted(CHARTS.glob("*/files/dashboards/*.json"))


def read_dashboard(file: Path) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it."""
    content: dict[str, Any] = json.loads(file.read_text())
    return content


def substitute(expression: str, variables: Mapping[str, str]) -> str:
    """Return an expression with Grafana's variables replaced, the longest names first."""
    values = {**INTERVALS, **{f"${name}": value for name, value in variables.items()}}
    for name in sorted(values, key=len, reverse=True):
        expression = expression.replace(name, values[name])
    return expression


def panel_queries(variables: Mapping[str, Mapping[str, str]] | None = None) -> Iterator[PanelQuery]:
    """Yield every query of every dashboard; `variables` are values by dashboard and name, over DEFAULTS."""
    for file in dashboard_files():
        values = {**DEFAULTS[file.stem], **(variables or {}).get(file.stem, {})}
        for panel in read_dashboard(file)["panels"]:
            for target in panel.get("targets", ()):
                yield PanelQuery(file.stem, panel["title"], substitute(target["expr"], values))
