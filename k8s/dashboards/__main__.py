"""Write the dashboards into the charts: `python -m k8s.dashboards`."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from k8s.dashboards.analyst import make_analyst
from k8s.dashboards.resources import make_resources
from k8s.dashboards.rollout import make_rollout
from k8s.dashboards.service import make_service

CHARTS = Path(__file__).parents[2] / "charts"
DASHBOARDS: Mapping[str, Callable[[], Dashboard]] = {
    "inference/files/dashboards/service.json": make_service,
    "inference/files/dashboards/resources.json": make_resources,
    "training/files/dashboards/rollout.json": make_rollout,
    "analyst/files/dashboards/analyst.json": make_analyst,
}


def encode(dashboard: Dashboard) -> str:
    """Return a dashboard as Grafana reads it, its keys in a fixed order."""
    return json.dumps(dashboard, cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every dashboard."""
    for name, make in DASHBOARDS.items():
        path = CHARTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(encode(make()))


if __name__ == "__main__":
    main()
