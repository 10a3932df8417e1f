"""KEDA from the manifests of its own release, cut to what a cluster of one node needs."""

import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from k8s.testcluster import tools
from k8s.testcluster.certificates import Authority
from k8s.testcluster.commands import run, step
from k8s.testcluster.paths import Paths

NAMESPACE = "keda"
_OPERATOR, _ADAPTER, _ADMISSION = "keda-operator", "keda-metrics-apiserver", "keda-admission"
_PROGRAMS = {_OPERATOR: "keda-operator", _ADAPTER: "keda-adapter"}
"""Deployment, and the tool whose image it runs."""
_UNNEEDED_OPTIONS = ("--leader-elect", "--enable-cert-rotation=true")
_CERTIFICATES = "kedaorg-certs"


def release_manifests(paths: Paths) -> Path:
    """Return a file with the manifests of the release, which are rendered from KEDA's module once."""
    operator = tools.select([_OPERATOR])[0]
    path = paths.builds / f"keda-{operator.version}.yaml"
    if not path.exists():
        with step(f"rendered the manifests of KEDA {operator.version}"):
            source = tools.module_folder(operator) / "config" / "default"
            text = run(paths.bin / "kubectl", "kustomize", source)
            unfinished = path.with_suffix(".new")
            unfinished.write_text(text)
            unfinished.rename(path)
    return path


def documents(released: str) -> Iterator[dict[str, Any]]:
    """Yield KEDA's objects, without admission webhooks and with certificates that we sign.

    KEDA can make its own certificates, but then it takes half a minute until its parts trust each other.
    """
    secret, authority = _certificates()
    for document in yaml.load_all(released, Loader=yaml.CSafeLoader):
        if document["metadata"]["name"].startswith(_ADMISSION):
            continue
        if document["kind"] == "Deployment":
            _simplify(document)
        if document["kind"] == "APIService":
            document["spec"]["caBundle"] = authority
        yield document
    yield secret


def _simplify(deployment: dict[str, Any]) -> None:
    """Take our images, small requests and probes that ask at once."""
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    program = _PROGRAMS[deployment["metadata"]["name"]]
    container["image"] = program
    container["command"] = [f"/bin/{program}"]
    container["args"] = [
        word for word in container["args"] if word.startswith("--") and word not in _UNNEEDED_OPTIONS
    ]
    if program == _PROGRAMS[_OPERATOR]:
        container["args"].append("--enable-cert-rotation=false")
    container["resources"] = {"requests": {"cpu": "20m", "memory": "64Mi"}}
    container["readinessProbe"] |= {"initialDelaySeconds": 1, "periodSeconds": 1}
    container["imagePullPolicy"] = "IfNotPresent"


def _certificates() -> tuple[dict[str, Any], str]:
    """Return the Secret that both parts of KEDA mount, and the authority's certificate in base64."""
    names = [
        f"{service}.{NAMESPACE}{suffix}"
        for service in (_OPERATOR, _ADAPTER)
        for suffix in ("", ".svc", ".svc.cluster.local")
    ]
    with tempfile.TemporaryDirectory(prefix="ekiben-keda-") as folder:
        authority = Authority(Path(folder), "KEDA")
        authority.issue("tls", names[1], hosts=names)
        files = [path for path in Path(folder).iterdir() if path.name != "ca.key"]
        data = {path.name: base64.b64encode(path.read_bytes()).decode() for path in files}
    metadata = {"name": _CERTIFICATES, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}, data["ca.crt"]
