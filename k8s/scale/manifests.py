"""The objects of the simulated cluster: nodes that are only pretended, and Deployments from the chart."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from k8s.testcluster.commands import run
from training.rollout import names

CHART = Path(__file__).parents[2] / "charts" / "inference"
VALUES = CHART / "ci" / "registry-s3-values.yaml"

PODS_PER_NODE = 110
"""What kubelet allows by default."""
SPARE = 1.2
"""Room for pods that come before others go."""

_PLACEHOLDER = "placeholder-release"
_WITHOUT_CLAIM = "model.cache.existingClaim="
"""The scheduler would look for it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many there are of what, and where the service of a number belongs."""

    namespaces: int
    models: int
    replicas: int

    @property
    def namespace_names(self) -> list[str]:
        """The names of all namespaces."""
        return [f"team-{number:02d}" for number in range(self.namespaces)]

    @property
    def model_names(self) -> list[str]:
        """The names of all models."""
        return [f"model-{number:03d}" for number in range(self.models)]

    def namespace_of(self, service: int) -> str:
        """Return the namespace in which the service of this number lives."""
        return self.namespace_names[service % self.namespaces]

    def model_of(self, service: int) -> str:
        """Return the model that the service of this number serves."""
        return self.model_names[service // self.namespaces % self.models]


def service_name(number: int) -> str:
    """Return the name of a service's Deployment."""
    return f"service-{number:05d}"


def render_chart(helm: Path) -> str:
    """Return the chart's Deployment in JSON, of a release with a placeholder's name. Raises CommandFailed."""
    options = ("--values", VALUES, "--set", f"fullnameOverride={_PLACEHOLDER},{_WITHOUT_CLAIM}")
    show = ("--show-only", "templates/deployment.yaml")
    rendered = run(helm, "template", _PLACEHOLDER, CHART, *options, *show)
    return json.dumps(yaml.safe_load(rendered))


def service(rendered: str, number: int, shape: Shape) -> dict[str, Any]:
    """Return the Deployment of one service, as Helm would install it for the model it serves, but without
    pods as yet."""
    body: dict[str, Any] = json.loads(rendered.replace(_PLACEHOLDER, service_name(number)))
    body["metadata"]["namespace"] = shape.namespace_of(number)
    body["metadata"]["labels"][names.MODEL_LABEL] = shape.model_of(number)
    body["spec"]["replicas"] = 0
    return body


def namespace(name: str) -> dict[str, Any]:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def count_nodes(pods: int) -> int:
    """Return how many nodes have room for so many pods, and for those that a rollout adds."""
    return math.ceil(pods * SPARE / PODS_PER_NODE)


def node(number: int) -> dict[str, Any]:
    """Return a node of a common size, in one of three zones. kwok makes it ready."""
    name = f"node-{number:04d}"
    room: Mapping[str, str] = {"cpu": "1000", "memory": "4Ti", "ephemeral-storage": "4Ti"}
    room = {**room, "pods": str(PODS_PER_NODE)}
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{number % 3}"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"podCIDR": f"10.{128 + number // 256}.{number % 256}.0/24"},
        "status": {"allocatable": room, "capacity": room},
    }
