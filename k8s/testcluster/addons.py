"""What the cluster runs for everybody: DNS, metrics, monitoring, autoscaling by KEDA, volumes."""

from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from k8s.testcluster import keda
from k8s.testcluster.archive import Image
from k8s.testcluster.commands import wait_until
from k8s.testcluster.kubectl import Kubectl
from k8s.testcluster.paths import SOURCE, Paths

READY_SECONDS = 90.0
_DEFINITIONS = ("Namespace", "CustomResourceDefinition")


def install(cluster: Kubectl, paths: Paths, own: Iterable[Image]) -> None:
    """Apply the add-ons whose images are among `own`; returns before they are ready. Raises CommandFailed."""
    programs = {Path(image.entrypoint[0]).name: image.name for image in own}
    wanted = list(documents(keda.release_manifests(paths).read_text(), programs))
    cluster.apply([document for document in wanted if document["kind"] in _DEFINITIONS])
    cluster.apply([document for document in wanted if document["kind"] not in _DEFINITIONS])


def documents(released_keda: str, programs: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield all objects; containers whose image is only the name of a program get that program's image.

    `programs` says which image that is; an add-on of this package without one is left out.
    """
    for document in _documents(released_keda, programs):
        if document["kind"] == "Deployment":
            for container in document["spec"]["template"]["spec"]["containers"]:
                container["image"] = programs[container["image"]]
        yield document


def _documents(released_keda: str, programs: Container[str]) -> Iterator[dict[str, Any]]:
    for path in sorted((SOURCE / "addons").glob("*.yaml")):
        if path.stem in programs:
            yield from yaml.safe_load_all(path.read_text())
    yield from keda.documents(released_keda)


def wait(cluster: Kubectl) -> None:
    """Return when every add-on is available. Raises NotReady, which names those that are not."""
    wait_until(lambda: not unavailable(cluster), "add-ons available", READY_SECONDS)


def unavailable(cluster: Kubectl) -> list[str]:
    """Return the Deployments and aggregated APIs of ours that do not answer. Raises CommandFailed."""
    namespaces = ("kube-system", "monitoring", keda.NAMESPACE)
    deployments = [
        _name(item)
        for item in cluster.items("deployments")
        if item["metadata"]["namespace"] in namespaces
        and item["status"].get("readyReplicas", 0) < item["spec"]["replicas"]
    ]
    apis = [_name(item) for item in cluster.items("apiservices") if not _has(item, "Available")]
    return deployments + apis


def _has(item: dict[str, Any], condition: str) -> bool:
    found = item.get("status", {}).get("conditions", [])
    return any(entry["type"] == condition and entry["status"] == "True" for entry in found)


def _name(item: dict[str, Any]) -> str:
    return f"{item['kind']} {item['metadata']['name']}"
