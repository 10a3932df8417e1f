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
from k8s.scale.registry import measure_registry, open_registry, promote
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
        """Add services up to a number, promote a version of every model, and measure both looks."""
        promote(self._registry, self._shape.model_names)
        self._plane.hold()
        with step(f"{services} services: Deployments made"):
            self._add(services)
        with step(f"{services} services: all pinned"):
            first = self._reconciler.measure()
        self._plane.release()
        with step(f"{services} services: rolled out"):
            pods, seconds = self._wait(services, patience_seconds)
        self._plane.hold()
        with step(f"{services} services: {STEADY_LOOKS} looks with nothing to do"):
            steady = middle([self._reconciler.measure() for _ in range(STEADY_LOOKS)])
        self._plane.release()
        return Step(services=services, pods=pods, rollout_seconds=seconds, first=first, steady=steady)

    def _add(self, services: int) -> None:
        for number in range(self._services, services):
            body = manifests.service(self._chart, number, self._shape)
            (path,) = collections("apps/v1", [body["metadata"]["namespace"]], "deployments")
            self._api.create(path, body, dict)
        self._services = services

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


def middle(measurements: Sequence[Measurement]) -> Measurement:
    """Return the one with the median of seconds."""
    ordered = sorted(measurements, key=lambda one: one.look.seconds)
    return ordered[len(ordered) // 2]


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
