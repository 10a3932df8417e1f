"""Further releases of charts/inference beside the platform's own, with their pins kept as values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import yaml

from tests.e2e.support.cluster import BUILD
from tests.e2e.support.diagnostics import keep_diagnostics
from tests.e2e.support.platform import SERVICE_CHART, STORE_CLAIM, Platform
from tests.e2e.support.service import Service

Pin = dict[str, str]
Values = dict[str, Any]

SMALL: Values = {
    "image": {"tag": "dev"},
    "model": {
        "source": "registry",
        "store": {"existingClaim": STORE_CLAIM},
        "publicKey": {"existingSecret": "ekiben-signing"},
    },
    "auth": {"existingSecret": "ekiben-api-keys"},
    "resources": {"requests": {"cpu": "20m", "memory": "160Mi"}, "limits": {"memory": "512Mi"}},
    "replicas": 1,
}
"""Values of a small service that takes its model from the platform's store."""


def merged(values: Values, changes: Values) -> Values:
    """Return the values with the changes laid over them, maps within maps."""
    result = dict(values)
    for name, change in changes.items():
        mine = result.get(name)
        are_maps = isinstance(mine, dict) and isinstance(change, dict)
        result[name] = merged(cast(Values, mine), change) if are_maps else change
    return result


class Release:
    """One release; `upgrade` installs it or changes it."""

    def __init__(self, platform: Platform, name: str, values: Values) -> None:
        self._platform = platform
        self._values = merged(SMALL, {"fullnameOverride": name, **values})
        self.name = name

    @property
    def service(self) -> Service:
        """What callers ask."""
        labels = f"app.kubernetes.io/name=battle,app.kubernetes.io/instance={self.name}"
        return Service(self._platform.cluster, self.name, self._platform.key, labels)

    def upgrade(self, **changes: Any) -> None:
        """Put the values in force; `changes` stay for later upgrades."""
        self._values = merged(self._values, changes)
        path = BUILD / f"values-{self.name}.yaml"
        path.write_text(yaml.safe_dump(self._values))
        self._platform.cluster.helm("upgrade", "--install", self.name, SERVICE_CHART, "--values", str(path))

    def pin(self, pin: Pin) -> None:
        """Pin a model the way GitOps does: by values."""
        self.upgrade(model={"pin": pin})

    def uninstall(self) -> None:
        """Take it out."""
        self._platform.cluster.helm("uninstall", self.name, "--ignore-not-found", "--wait")


@contextmanager
def release(platform: Platform, name: str, values: Values | None = None) -> Iterator[Release]:
    """A release that is gone afterwards."""
    made = Release(platform, name, values or {})
    try:
        yield made
    except BaseException:
        keep_diagnostics(platform.cluster, BUILD / "diagnostics" / f"release-{name}")
        raise
    finally:
        made.uninstall()


def champion_pin(platform: Platform) -> Pin:
    """Return the pin that the platform's own service has, as values hold it."""
    annotations = platform.battle.deployment()["spec"]["template"]["metadata"]["annotations"]
    return {name: annotations[f"ekiben.io/model-{name}"] for name in ("uri", "version", "digest")}
