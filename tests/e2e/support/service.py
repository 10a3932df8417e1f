"""One service in the cluster: its pods, its pin, and what it answers to a caller in another pod."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.e2e.support.cluster import Cluster
from tests.e2e.support.waiting import wait_until

ASKER = Path(__file__).with_name("asker.py")
CALLER = "caller"
"""The pod from which everything is asked."""
PREDICT = "/api/v1/predict/battle"
QUESTION = {"pokemon_1_id": 25, "pokemon_2_id": 6}
SETTLE_SECONDS = 120.0
VERSION = "ekiben.io/model-version"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str
    seconds: float
    """From the connection to the end of the answer, as the caller's pod saw it."""

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class Pod:
    """A pod as the API server describes it."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._described = described
        self.name: str = described["metadata"]["name"]
        self.uid: str = described["metadata"]["uid"]
        self.version: str = described["metadata"].get("labels", {}).get(VERSION, "")
        self.is_terminating = "deletionTimestamp" in described["metadata"]
        statuses = described["status"].get("containerStatuses", [])
        self.restarts = sum(status["restartCount"] for status in statuses)

    @cached_property
    def is_ready(self) -> bool:
        """Whether it takes requests."""
        conditions = self._described["status"].get("conditions", [])
        return not self.is_terminating and any(
            one["type"] == "Ready" and one["status"] == "True" for one in conditions
        )

    def seconds_until_ready(self) -> float:
        """Return the time from its creation to its readiness, in whole seconds as the API server has it."""
        times = {one["type"]: one["lastTransitionTime"] for one in self._described["status"]["conditions"]}
        ready, made = times["Ready"], self._described["metadata"]["creationTimestamp"]
        return (datetime.fromisoformat(ready) - datetime.fromisoformat(made)).total_seconds()


class Service:
    """A release of charts/inference; its Deployment, Service and pods bear `name`."""

    def __init__(self, cluster: Cluster, name: str, key: str, selector: str) -> None:
        self.cluster = cluster
        self.name = name
        self.key = key
        self._selector = selector

    def ask(
        self,
        path: str = PREDICT,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Answer:
        """Ask from the caller's pod; `key` is the service's own unless given, an empty one is left out."""
        used = self.key if key is None else key
        if not {"body", "rows", "padding_bytes", "method"} & set(request):
            request["body"] = json.dumps(QUESTION)
        said = {**({"X-API-Key": used} if used else {}), **(headers or {})}
        orders = json.dumps({"host": self.name, "path": path, "headers": said, **request})
        return Answer(**json.loads(self.cluster.exec(CALLER, "python", "-c", ASKER.read_text(), orders)))

    def deployment(self) -> Any:
        """Return the Deployment."""
        return self.cluster.get("deployment", self.name)

    def pinned(self) -> str:
        """Return the version that the pod template names; empty before the first pin."""
        annotations = self.deployment()["spec"]["template"]["metadata"].get("annotations", {})
        return str(annotations.get(VERSION, ""))

    def pods(self) -> list[Pod]:
        """Return its pods, terminating ones too."""
        return [Pod(found) for found in self.cluster.items("pods", "--selector", self._selector)]

    def ready(self) -> list[Pod]:
        """Return the pods that take requests."""
        return [pod for pod in self.pods() if pod.is_ready]

    def is_settled(self) -> bool:
        """Whether the last change is through: every replica updated and available, and no old pod left."""
        deployment = self.deployment()
        wanted, status = deployment["spec"].get("replicas", 1), deployment["status"]
        counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
        seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
        return seen and counts == [wanted] * 3 and len(self.pods()) == wanted

    def wait_settled(self, within_seconds: float = SETTLE_SECONDS) -> None:
        """Return when the last change is through."""
        wait_until(f"{self.name} settled", self.is_settled, within_seconds)

    def wait_pinned(self, version: str, within_seconds: float = 60.0) -> None:
        """Return when the pod template names the version and every pod serves it."""
        wait_until(f"{self.name} pinned to {version}", lambda: self.pinned() == version, within_seconds)
        self.wait_settled()

    def log(self, pod: str, *options: str) -> str:
        """Return what a pod wrote."""
        return self.cluster.kubectl("logs", pod, *options)

    def events(self) -> list[dict[str, Any]]:
        """Return the events about its Deployment."""
        about = f"involvedObject.kind=Deployment,involvedObject.name={self.name}"
        return self.cluster.items("events", "--field-selector", about)

    def has_event(self, reason: str) -> bool:
        """Whether there is an event about the Deployment with this reason."""
        return any(event["reason"] == reason for event in self.events())
