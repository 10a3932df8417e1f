"""Events on Deployments, so that `kubectl describe` and `kubectl get events` tell what happened and why."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Literal

from training.rollout.api import Api
from training.rollout.errors import ClusterError, ObjectChanged
from training.rollout.objects import Deployment

Reason = Literal["Pinned", "Held", "Resumed", "PinNotReached", "NoChampion", "ReconcileFailed"]
WARNINGS = frozenset({"Held", "PinNotReached", "ReconcileFailed"})
REPEAT_SECONDS = 900.0
"""How often an event about something that goes on is renewed; the API server forgets events after an hour."""
COMPONENT = "ekiben-rollout"


class Events:
    """Writes events; the same one about the same Deployment at most once in a quarter of an hour."""

    def __init__(self, api: Api, instance: str) -> None:
        self._api = api
        self._instance = instance
        self._told: dict[str, float] = {}

    def tell(
        self, deployment: Deployment, reason: Reason, message: str, about: str = "", *, again: bool = False
    ) -> None:
        """Add an event. `about` is what makes it the same as an earlier one, if that is not the message;
        `again` tells it although it was told a short while ago.

        That an event can't be written is no reason to fail: nothing depends on it.
        """
        text = f"{deployment.metadata.uid} {reason} {about or message}"
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        now = time.monotonic()
        if not again and now - self._told.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return
        self._told[key] = now
        name, collection = f"{deployment.metadata.name}.{key}", _collection(deployment)
        try:
            self._api.create(collection, self._body(deployment, name, reason, message), dict)
        except ObjectChanged:
            self._renew(f"{collection}/{name}")
        except ClusterError:
            del self._told[key]

    def forget(self) -> None:
        """Forget what was told so long ago that it may be told again."""
        now = time.monotonic()
        self._told = {key: at for key, at in self._told.items() if now - at < REPEAT_SECONDS}

    def _renew(self, path: str) -> None:
        try:
            self._api.merge(path, {"lastTimestamp": _now()})
        except ClusterError:
            return

    def _body(self, deployment: Deployment, name: str, reason: Reason, message: str) -> dict[str, object]:
        found, now = deployment.metadata, _now()
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": found.namespace},
            "involvedObject": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": found.name,
                "namespace": found.namespace,
                "uid": found.uid,
                "resourceVersion": found.resource_version,
            },
            "reason": reason,
            "message": message[:1024],
            "type": "Warning" if reason in WARNINGS else "Normal",
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "reportingInstance": self._instance,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }


def _collection(deployment: Deployment) -> str:
    return f"/api/v1/namespaces/{deployment.metadata.namespace}/events"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
