"""The platform under test: installed from nothing by its own chart, and what the scenarios do with it."""

import json
from collections.abc import Callable
from typing import Any

from tests.e2e.support.cluster import BUILD, ROOT, Cluster
from tests.e2e.support.handbook import Handbook
from tests.e2e.support.pods import HELPERS, start_caller
from tests.e2e.support.registry import Operator
from tests.e2e.support.service import Service
from tests.e2e.support.waiting import Stopwatch, wait_until

RELEASE = "ekiben"
NAMESPACE = "ekiben-e2e"
CHART = "charts/platform"
PARTS = ("battle", "analystData", "training", "mlflow", "postgresql")
"""Those whose rules are loaded. Without `analyst`, whose pods would be missed until the last scenario."""
VALUES = ROOT / "k8s/values/e2e.yaml"
SERVICE_CHART = "charts/inference"
KEY_FILE = BUILD / "api-key"
TRAINING = "cronjob/training-battle"
RECONCILER = "reconciler"
REGISTRY = "mlflow"
DATABASE = "postgresql"
STORE_CLAIM = "model-store"
TRAINING_SECONDS = 1800.0


class Platform:
    """A release of charts/platform in a namespace of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.operator = Operator(cluster)
        self.handbook = Handbook(cluster, {"NAMESPACE": cluster.namespace, "VALUES": str(VALUES)})
        self.key = ""
        self.remembered: list[tuple[str, list[str]]] = []

    @property
    def battle(self) -> Service:
        """The service that callers ask."""
        labels = f"app.kubernetes.io/name=battle,app.kubernetes.io/instance={RELEASE}"
        return Service(self.cluster, "battle", self.key, labels)

    @property
    def analyst(self) -> Service:
        """The service that explains prices, while it is turned on."""
        labels = f"app.kubernetes.io/name=analyst,app.kubernetes.io/instance={RELEASE}"
        return Service(self.cluster, "analyst", self.key, labels)

    def prepare(self) -> None:
        """Make the namespace and the Secrets that charts expect, from nothing."""
        for namespace in (self.cluster.namespace, HELPERS):
            self.cluster.delete_namespace(namespace)
        self.use_key(self.handbook.run("secrets").strip())
        start_caller(self.cluster)

    def take_over(self) -> None:
        """Use what an earlier run has left."""
        self.key = KEY_FILE.read_text()
        start_caller(self.cluster)

    def use_key(self, key: str) -> None:
        """Call with this API key from now on, and in a later run that takes over."""
        KEY_FILE.touch(mode=0o600)
        KEY_FILE.write_text(key)
        self.key = key

    def upgrade(self, *options: str) -> None:
        """Change values for as long as no other upgrade comes."""
        self.cluster.helm("upgrade", RELEASE, CHART, "--values", str(VALUES), *options)

    def start_job(self, name: str, adapt: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Start the CronJob once, as `kubectl create job --from` does; `adapt` may change the Job before."""
        self.cluster.kubectl("delete", "job", name, "--ignore-not-found")
        described = self.cluster.kubectl(
            *("create", "job", name, "--from", TRAINING, "--dry-run=client", "--output", "json")
        )
        job = json.loads(described)
        if adapt is not None:
            adapt(job)
        self.cluster.kubectl("create", "--filename", "-", stdin=json.dumps(job))

    def train(self, name: str, adapt: Callable[[dict[str, Any]], None] | None = None) -> float:
        """Run the CronJob once to its good end, and return how long that took in seconds."""
        watch = Stopwatch()
        self.start_job(name, adapt)
        wait_until(f"job {name}", lambda: self._has_ended(name), TRAINING_SECONDS, every_seconds=2)
        return watch.seconds

    def state(self) -> list[tuple[str, list[str]]]:
        """Return the versions that the registry knows, with their aliases."""
        return [(one["version"], one["aliases"]) for one in self.operator.versions()]

    def remember(self) -> None:
        """Keep what the registry knows, to compare it after an outage."""
        self.remembered = self.state()

    def _has_ended(self, name: str) -> bool:
        status = self.cluster.get("job", name)["status"]
        if status.get("failed"):
            raise AssertionError(
                f"{name} failed:\n{self.cluster.kubectl('logs', f'job/{name}', '--tail=40')}"
            )
        return bool(status.get("succeeded"))

    def scale(self, kind: str, name: str, replicas: int) -> None:
        """Take a part away, or bring it back, and wait until its pods are gone or ready."""
        target = f"{kind}/{name}"
        self.cluster.kubectl("scale", target, f"--replicas={replicas}")
        if replicas:
            self.cluster.kubectl("rollout", "status", target, "--timeout=150s", within_seconds=160)
        else:
            selector = f"app.kubernetes.io/name={name}"
            self.cluster.kubectl(
                "wait", "--for=delete", "pod", "--selector", selector, "--timeout=90s", within_seconds=100
            )

    def uninstall(self) -> None:
        """Remove everything that the tests made."""
        self.cluster.delete_namespace(self.cluster.namespace)
        self.cluster.delete_namespace(HELPERS)
