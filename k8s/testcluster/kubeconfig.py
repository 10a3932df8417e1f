"""Files with which people and components reach the API server."""

import base64
from pathlib import Path

import yaml

from k8s.testcluster.addresses import API_SERVER, CONTEXT


def write(path: Path, certificates: Path, user: str) -> None:
    """Write a kubeconfig for the holder of `certificates`/`user`.crt; nobody else can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content(certificates, user), sort_keys=False))


def content(certificates: Path, user: str) -> dict[str, object]:
    """Return a kubeconfig that needs no other file."""
    cluster = {"server": API_SERVER, "certificate-authority-data": _encoded(certificates / "ca.crt")}
    credentials = {
        "client-certificate-data": _encoded(certificates / f"{user}.crt"),
        "client-key-data": _encoded(certificates / f"{user}.key"),
    }
    name = f"{CONTEXT}-{user}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": name, "user": credentials}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": name}}],
        "current-context": CONTEXT,
    }


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
