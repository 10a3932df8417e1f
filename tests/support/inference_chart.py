"""The chart `inference`, rendered with few words."""

from collections.abc import Mapping
from typing import Any

from tests.support.helm import Manifests, Object, render

REGISTRY: Mapping[str, Any] = {
    "source": "registry",
    "publicKey": {"configMap": "ekiben-public-key"},
    "store": {"existingClaim": "ekiben-store"},
}
"""The smallest `model` that takes packages from a store."""

PIN: Mapping[str, Any] = {"uri": "/store/battle/12", "version": "12", "digest": "sha256:" + "0c" * 32}


def inference(values: Mapping[str, Any] | None = None, *, release: str = "battle") -> Manifests:
    """Render the chart with values over the one that it always needs. Raises HelmRefused."""
    needed = {"auth": {"existingSecret": "battle-keys"}}
    return render("inference", {**needed, **(values or {})}, release=release)


def deployment(values: Mapping[str, Any] | None = None) -> Object:
    """Return the Deployment."""
    return inference(values).one("Deployment")


def pod(values: Mapping[str, Any] | None = None) -> Object:
    """Return the Deployment's pod template."""
    template: Object = deployment(values)["spec"]["template"]
    return template


def container(values: Mapping[str, Any] | None = None) -> Object:
    """Return the only container of the pods."""
    (found,) = pod(values)["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def environment(values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return each variable's value, or where it comes from."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container(values)["env"]}
