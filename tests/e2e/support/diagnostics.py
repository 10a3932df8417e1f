"""What is kept of the cluster when a scenario fails: enough to find the reason without running it again."""

import json
from pathlib import Path

from tests.e2e.support.cluster import Cluster, CommandFailed

KINDS = "pods,deployments,statefulsets,replicasets,jobs,cronjobs,services,endpointslices,hpa,pdb,leases,pvc"


def keep_diagnostics(cluster: Cluster, folder: Path) -> None:
    """Write the state of the tests' namespaces into `folder`; what can't be asked is written as its error."""
    folder.mkdir(parents=True, exist_ok=True)
    for namespace in (cluster.namespace, "monitoring", "keda"):
        _keep_namespace(cluster, namespace, folder / namespace)
    _keep(cluster, folder / "nodes.txt", "describe", "nodes")
    _keep(cluster, folder / "top.txt", "top", "pods", "--all-namespaces", "--containers")
    path = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1"
    _keep(cluster, folder / "prometheus-targets.json", "get", "--raw", f"{path}/targets")
    _keep(cluster, folder / "prometheus-alerts.json", "get", "--raw", f"{path}/alerts")


def _keep_namespace(cluster: Cluster, namespace: str, folder: Path) -> None:
    if not cluster.exists("namespace", namespace):
        return
    folder.mkdir(exist_ok=True)
    inside = ("--namespace", namespace)
    _keep(cluster, folder / "objects.txt", "get", KINDS, "--output", "wide", "--show-labels", *inside)
    _keep(cluster, folder / "events.txt", "get", "events", "--sort-by", ".lastTimestamp", *inside)
    _keep(cluster, folder / "describe.txt", "describe", "pods,deployments,hpa,pdb,jobs", *inside)
    pods = json.loads(cluster.kubectl("get", "pods", "--output", "json", *inside))["items"]
    for pod in pods:
        name = pod["metadata"]["name"]
        logs = ("logs", name, "--all-containers", "--prefix", "--timestamps", "--tail", "2000", *inside)
        _keep(cluster, folder / f"{name}.log", *logs)
        restarts = [status["restartCount"] for status in pod["status"].get("containerStatuses", [])]
        if any(restarts):
            _keep(cluster, folder / f"{name}.previous.log", *logs, "--previous")


def _keep(cluster: Cluster, path: Path, *command: str) -> None:
    try:
        text = cluster.kubectl(*command, within_seconds=30)
    except CommandFailed as error:
        text = str(error)
    path.write_text(text)
