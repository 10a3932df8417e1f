"""A cluster as the place where pins are in force: Deployments say what is pinned, Leases are the locks."""

from collections.abc import Iterator
from contextlib import contextmanager

from training.core.pins import Rollout
from training.core.settings import TrainingSettings
from training.core.target import Purpose, StillHeld
from training.rollout.api import Api, open_api
from training.rollout.deployments import Deployments
from training.rollout.lease import Lease
from training.rollout.objects import Deployment


class ClusterTarget:
    """Implements `training.core.target.Target`."""

    def __init__(self, api: Api, deployments: Deployments, lease_namespace: str) -> None:
        self.api = api
        self.deployments = deployments
        self._lease_namespace = lease_namespace

    def pin(self, model: str, rollout: Rollout) -> None:
        """Do nothing: the reconciler sees the alias within seconds, and does what it says again and again."""

    def following(self, model: str) -> frozenset[str]:
        """Return what the model's Deployments pin, but for those on hold. Raises ClusterError."""
        found = [one for one in self.of_model(model) if one.mode == "auto" and not one.held]
        return frozenset(one.pin.version for one in found if one.pin)

    def needed(self, model: str) -> frozenset[str]:
        """Return what the model's Deployments and their ReplicaSets pin, so that `kubectl rollout undo` finds
        its package. Raises ClusterError."""
        found = self.of_model(model)
        kept = self.deployments.read_kept_versions(found).get(model, set())
        return frozenset(one.pin.version for one in found if one.pin) | kept

    def of_model(self, model: str) -> list[Deployment]:
        """Return the model's Deployments. Raises ClusterError."""
        return [one for one in self.deployments.read_all() if one.model == model]

    @contextmanager
    def lock(self, model: str, purpose: Purpose, timeout_seconds: float) -> Iterator[StillHeld]:
        """Hold a Lease; the one of a holder that died is free after some seconds. Raises RegistryBusy and
        ClusterError."""
        lease = self.lease(f"ekiben-{purpose}-{model.replace('_', '-')}")
        with lease.holding(timeout_seconds):
            yield lease.require_held

    def lease(self, name: str) -> Lease:
        """Return a contender for a Lease where this cluster's locks lie."""
        return Lease(self.api, self._lease_namespace, name)


def open_cluster_target(
    settings: TrainingSettings, namespaces: tuple[str, ...] = (), api: Api | None = None
) -> ClusterTarget:
    """Connect to the cluster in the settings; `namespaces` outrank theirs. Raises SettingsError."""
    api = api or open_api(settings.kube_context)
    named = tuple(one.strip() for one in settings.namespaces.split(",") if one.strip())
    deployments = Deployments(api, namespaces or named or (api.namespace,))
    return ClusterTarget(api, deployments, settings.lease_namespace or api.namespace)
