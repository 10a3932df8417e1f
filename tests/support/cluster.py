"""Deployments of the tiny model in the miniature API server, and what people do to them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client.configuration import Configuration

from bentos.core.package import Pin
from tests.support.apiserver import ApiServer, Object, running_apiserver
from training.rollout import names
from training.rollout.api import Api
from training.rollout.cluster_target import ClusterTarget
from training.rollout.deployments import Deployments
from training.rollout.objects import Deployment

NAMESPACE = "shop"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with running_apiserver() as running:
        yield running


def make_pin(version: str) -> Pin:
    return Pin(uri=f"/store/tiny/{version}", version=version, digest="sha256:" + version.zfill(64))


def connect(server: ApiServer) -> Api:
    make: Any = Configuration
    return Api(make(host=f"http://127.0.0.1:{server.port}"), NAMESPACE)


def make_target(server: ApiServer) -> ClusterTarget:
    api = connect(server)
    return ClusterTarget(api, Deployments(api, (NAMESPACE,)), NAMESPACE)


def write_kubeconfig(folder: Path, server: ApiServer, namespace: str | None = NAMESPACE) -> Path:
    """Write a kubeconfig whose context `staging` is the server; return its path."""
    context = {"cluster": "c", "user": "u"} | ({"namespace": namespace} if namespace else {})
    document = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.port}"}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
        "contexts": [{"name": "staging", "context": context}],
        "current-context": "staging",
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def add_deployment(server: ApiServer, name: str = "tiny", mode: str = "auto", pin: Pin | None = None) -> str:
    """Install a Deployment as a chart would; return its path."""
    template: Object = {"labels": {"app": name}, "annotations": annotate(pin) if pin else {}}
    content = {
        "metadata": {"labels": {names.MODEL_LABEL: "tiny", names.MODE_LABEL: mode}},
        "spec": {"replicas": 2, "template": {"metadata": template}},
    }
    path = f"{DEPLOYMENTS}/{name}"
    server.add(path, content)
    return path


def annotate(pin: Pin) -> dict[str, str]:
    return {names.URI: pin.uri, names.VERSION: pin.version, names.DIGEST: pin.digest}


def undo(server: ApiServer, path: str, pin: Pin, restored: dict[str, str] | None = None) -> None:
    """Do what `kubectl rollout undo` does: put an earlier template and its revision's annotations back."""

    def change(content: Object) -> None:
        metadata = content["spec"]["template"]["metadata"]
        metadata["annotations"] = annotate(pin)
        metadata["labels"][names.VERSION] = pin.version
        content["metadata"]["annotations"] = restored or {}

    server.edit(path, change, "kubectl-rollout")


def finish_rollout(server: ApiServer, path: str, available: int = 2) -> None:
    """Let the deployment controller be done."""

    def change(content: Object) -> None:
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas"), 2)
        content["status"] = {
            **counts,
            "availableReplicas": available,
            "observedGeneration": content["metadata"]["generation"],
        }

    server.edit(path, change, "kube-controller-manager")


def read(server: ApiServer, name: str = "tiny") -> Deployment:
    return connect(server).get(f"{DEPLOYMENTS}/{name}", Deployment)


def pinned(server: ApiServer, name: str = "tiny") -> str:
    """Return the version that a Deployment's template pins; empty for none."""
    pin = read(server, name).pin
    return pin.version if pin else ""


def events(server: ApiServer) -> list[tuple[str, str]]:
    """Return (reason, message) of every event, oldest first."""
    found = [one.content for path, one in server.objects.items() if "/events/" in path]
    return [(one["reason"], one["message"]) for one in found]
