"""A reconciler between the miniature API server and a registry that says what a test wants."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bentos.core.package import Pin
from tests.support.apiserver import ApiServer
from tests.support.cluster import NAMESPACE, connect, make_pin, read
from training.core.errors import RegistryUnavailable
from training.core.registry import Crown
from training.rollout.champions import Champions
from training.rollout.deployments import Deployments
from training.rollout.events import Events
from training.rollout.reconciler import Cycle, Reconciler


@dataclass
class Registered:
    """The two questions that the reconciler asks a registry."""

    champion: Pin | None = None
    away: bool = False
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    """Happens between the look at the cluster and the answer."""

    def champions(self) -> list[Crown]:
        self.asked.append("champions")
        self.meanwhile()
        if self.away:
            raise RegistryUnavailable("http://mlflow", "connection refused")
        return [Crown(model="tiny", version=self.champion.version, registered_at=1)] if self.champion else []

    def pin(self, model: str, version: str) -> Pin:
        self.asked.append(f"{model} {version}")
        assert self.champion is not None
        return self.champion


class Cluster:
    """A server, a registry, and a reconciler between them."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.registry = Registered()
        self.may_act = True
        self.restart()

    def restart(self) -> None:
        api = connect(self.server)
        champions = Champions(lambda: self.registry)  # type: ignore[arg-type, return-value]
        self.reconciler = Reconciler(
            Deployments(api, (NAMESPACE,)), champions, Events(api, "test"), lambda: self.may_act
        )

    def crown(self, version: str) -> Cycle:
        """Make a version champion and look once."""
        self.registry.champion = make_pin(version)
        return self.look()

    def look(self) -> Cycle:
        return self.reconciler.run()

    def writes(self) -> int:
        return len([line for line in self.server.requests if not line.startswith("GET")])

    def label(self, name: str) -> str | None:
        return read(self.server).metadata.labels.get(name)
