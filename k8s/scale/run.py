"""The run: services are added step by step, and each step is measured."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from k8s.scale import manifests
from k8s.scale.controlplane import ControlPlane, control_plane
from k8s.scale.machine import describe_machine
from k8s.scale.manifests import Shape
from k8s.scale.observed import ObservedReconciler, observed_reconciler
from k8s.scale.registry import FIRST_VERSION, crown, measure_registry, open_registry, promote
from k8s.scale.results import Measurement, RegistryCost, Results, Step
from k8s.testcluster import tools
from k8s.testcluster.commands import step
from k8s.testcluster.paths import Paths
from training.core.git import git_state
from training.core.registry import Registry
from training.rollout.deployments import Deployments, collections

POLL_SECONDS = 3.0
STEADY_LOOKS = 3
TOOLS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "helm")


class Simulation:
    """Everything that the steps share."""

    def __init__(
        self,
        plane: ControlPlane,
        reconciler: ObservedReconciler,
        registry: Registry,
        chart: str,
        shape: Shape,
    ) -> None:
        self._plane = plane
        self._reconciler = reconciler
        self._registry = registry
        self._chart = chart
        self._shape = shape
        self._api = plane.connect()
        self._services = 0

    def prepare(self, services: int) -> None:
        """Make namespaces and nodes for so many services, and let the reconciler look at nothing once: it
        connects to the registry meanwhile."""
        for name in self._shape.namespace_names:
            self._api.create("/api/v1/namespaces", manifests.namespace(name), dict)
        for number in range(manifests.count_nodes(services * self._shape.replicas)):
            self._api.create("/api/v1/nodes", manifests.node(number), dict)
        self._reconciler.look()

    def measure(self, services: int, patience_seconds: float) -> Step:
        """Add services up to a number, wait for their pods, and measure both looks.

        A promotion is taken back while controllers are held, and measured on the way back as well: so every
        service is pinned anew, and no pod has to be replaced.
        """
        self._plane.hold()
        with step(f"{services} services: Deployments made and pinned for the first time"):
            added = self._add(services)
            self._reconciler.look()
            for path in added:
                self._api.merge(path, {"spec": {"replicas": self._shape.replicas}})
        self._plane.release()
        with step(f"{services} services: pods ready"):
            pods, seconds = self._wait(services, patience_seconds)
        self._plane.hold()
        with step(f"{services} services: looks with nothing to do"):
            steady = fastest([self._reconciler.measure() for _ in range(STEADY_LOOKS)])
        with step(f"{services} services: looks after a promotion"):
            first = fastest([self._promote(), self._take_back()])
        self._plane.release()
        return Step(services=services, pods=pods, pods_seconds=seconds, first=first, steady=steady)

    def _promote(self) -> Measurement:
        promote(self._registry, self._shape.model_names)
        return self._reconciler.measure()

    def _take_back(self) -> Measurement:
        crown(self._registry, self._shape.model_names, FIRST_VERSION)
        return self._reconciler.measure()

    def _add(self, services: int) -> list[str]:
        """Make Deployments without pods, which would be replaced as soon as a model is pinned; return their
        paths."""
        added = []
        for number in range(self._services, services):
            body = manifests.service(self._chart, number, self._shape)
            (path,) = collections("apps/v1", [body["metadata"]["namespace"]], "deployments")
            self._api.create(path, body, dict)
            added.append(f"{path}/{body['metadata']['name']}")
        self._services = services
        return added

    def _wait(self, services: int, patience_seconds: float) -> tuple[int, float]:
        """Wait until every replica runs the champion; return how many are ready, and the seconds it took."""
        started_at = time.monotonic()
        deployments = Deployments(self._api, self._shape.namespace_names)
        while True:
            found = deployments.read_all()
            waited = time.monotonic() - started_at
            if sum(one.is_rolled_out() for one in found) == services or waited > patience_seconds:
                return sum(one.status.ready_replicas for one in found), waited
            time.sleep(POLL_SECONDS)


def fastest(measurements: Sequence[Measurement]) -> Measurement:
    """Return the one that took the least time: what else the machine has to do only ever adds."""
    return min(measurements, key=lambda one: one.look.seconds)


def _measure_registry(models: int) -> RegistryCost:
    with step(f"registry: champions of {models} models read"), tempfile.TemporaryDirectory() as home:
        return measure_registry(Path(home), models)


def run(
    steps: Sequence[int], shape: Shape, registry_models: Sequence[int], patience_seconds: float
) -> Results:
    """Measure all steps on a control plane of our own, and the registry alone. Raises ClusterError."""
    paths, machine = Paths.default(), describe_machine()
    wanted = tools.select(TOOLS)
    tools.build(paths, wanted)
    chart = manifests.render_chart(paths.bin / "helm")
    costs = [_measure_registry(models) for models in registry_models]
    with control_plane(paths.bin) as plane:
        registry = open_registry(plane.folder / "home")
        promote(registry, shape.model_names)
        with observed_reconciler(plane, plane.folder / "home", shape.namespace_names) as reconciler:
            simulation = Simulation(plane, reconciler, registry, chart, shape)
            simulation.prepare(max(steps))
            measured = tuple(simulation.measure(services, patience_seconds) for services in sorted(steps))
    return Results(
        commit=str(git_state(Path(__file__).parent)),
        machine=machine,
        versions={tool.binary: tool.version for tool in wanted},
        namespaces=shape.namespaces,
        models=shape.models,
        replicas=shape.replicas,
        steps=measured,
        registry=tuple(costs),
    )
