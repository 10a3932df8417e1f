"""The Deployments of model services: read as lists, changed by server-side apply."""

from collections.abc import Sequence
from typing import Any

from bentos.core.package import Pin
from training.rollout import names
from training.rollout.api import Api
from training.rollout.errors import FieldsOwned
from training.rollout.objects import Deployment, Named
from training.rollout.plan import Status

EVERYWHERE = "*"


class Deployments:
    """The Deployments that bear a model's label, in some namespaces. Every method raises a ClusterError."""

    def __init__(self, api: Api, namespaces: Sequence[str]) -> None:
        self._api = api
        self.namespaces = tuple(namespaces)

    def read_all(self) -> list[Deployment]:
        """Return all of them: one call per namespace and 500 Deployments."""
        paths = collections("apps/v1", self.namespaces, "deployments")
        return list(self._api.list_all(paths, Deployment, names.MODEL_LABEL))

    def read_kept_versions(self, deployments: Sequence[Deployment]) -> dict[str, set[str]]:
        """Return, by model, the versions that the ReplicaSets of these Deployments have: what an undo can
        bring back."""
        models = {one.metadata.uid: one.model for one in deployments}
        kept: dict[str, set[str]] = {}
        paths = collections("apps/v1", self.namespaces, "replicasets")
        for found in self._api.list_all(paths, Named, names.VERSION):
            for owner in found.metadata.owner_references:
                if owner.uid in models:
                    kept.setdefault(models[owner.uid], set()).add(found.metadata.labels[names.VERSION])
        return kept

    def pin(self, deployment: Deployment, pin: Pin, cause: str) -> Deployment:
        """Pin a package on the pod template; return the Deployment as it is then.

        Raises FieldsOwned if the pin that is there was set by someone else, ObjectChanged if the Deployment
        was made anew meanwhile.
        """
        body = pin_body(deployment, pin, cause)
        try:
            return self._apply(deployment, body, names.PIN_MANAGER)
        except FieldsOwned as conflict:
            if any("spec.template" in field for field in conflict.owners):
                raise
            # Who annotated a cause by hand meant a revision, not to keep others from making the next one.
            return self._apply(deployment, body, names.PIN_MANAGER, force=True)

    def force_pin(self, deployment: Deployment, pin: Pin, cause: str, *, unchanged: bool) -> Deployment:
        """Pin a package whoever has set the present pin; with `unchanged` only if nobody has changed the
        Deployment since it was read. Raises ObjectChanged."""
        body = pin_body(deployment, pin, cause)
        if unchanged:
            body["metadata"]["resourceVersion"] = deployment.metadata.resource_version
        return self._apply(deployment, body, names.PIN_MANAGER, force=True)

    def say(self, deployment: Deployment, status: Status) -> Deployment:
        """Write the status on the Deployment; return it as it is then."""
        body = _body(deployment)
        body["metadata"] |= {"labels": status.labels, "annotations": status.annotations}
        return self._apply(deployment, body, names.STATUS_MANAGER, force=True)

    def _apply(
        self, deployment: Deployment, body: dict[str, Any], manager: str, *, force: bool = False
    ) -> Deployment:
        path = f"{_collection('apps/v1', deployment.metadata.namespace, 'deployments')}/"
        return self._api.apply(path + deployment.metadata.name, body, Deployment, manager, force=force)


def collections(group: str, namespaces: Sequence[str], kind: str) -> list[str]:
    """Return the API paths of a kind in each namespace; `*` stands for all of them."""
    return [_collection(group, "" if one == EVERYWHERE else one, kind) for one in namespaces]


def pin_body(deployment: Deployment, pin: Pin, cause: str) -> dict[str, Any]:
    """Return what is applied to pin a package. The uid makes it an error if the Deployment is another one."""
    body = _body(deployment)
    body["metadata"]["annotations"] = {names.CHANGE_CAUSE: cause}
    template = {
        "labels": {names.VERSION: pin.version},
        "annotations": {names.URI: pin.uri, names.VERSION: pin.version, names.DIGEST: pin.digest},
    }
    return {**body, "spec": {"template": {"metadata": template}}}


def _body(deployment: Deployment) -> dict[str, Any]:
    found = deployment.metadata
    metadata = {"name": found.name, "namespace": found.namespace, "uid": found.uid}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}


def _collection(group: str, namespace: str, kind: str) -> str:
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"/apis/{group}{scope}/{kind}"
