"""The pods that the scenarios bring along."""

from collections.abc import Mapping
from typing import Any

from tests.e2e.support.cluster import Cluster
from tests.e2e.support.service import CALLER

BATTLE_IMAGE = "docker.io/ekiben/battle:dev"
TRAINING_IMAGE = "docker.io/ekiben/training:dev"
IDLE = ["python", "-c", "import signal; signal.sigwait({signal.SIGTERM})"]
HELPERS = "ekiben-e2e-node"
"""Namespace of the one pod that may see the node's processes."""
NODE = "node"
WORKSHOP = "workshop"
BURNER = "import itertools\nfor _ in itertools.count(): pass"

KILLER = """
import os, pathlib, signal, sys
uid = sys.argv[1]
names = {uid, uid.replace("-", "_")}
killed = []
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        of_pod = any(name in (folder / "cgroup").read_text() for name in names)
        command = (folder / "cmdline").read_bytes().decode().replace("\\0", " ")
    except OSError:
        continue
    if of_pod and "bentos.core.serve" in command:
        os.kill(int(folder.name), signal.SIGKILL)
        killed.append(command)
print(killed)
sys.exit(not killed)
"""
"""Nothing inside a container can kill its first process, so this does it from the node."""


def restricted(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return the container as Pod Security `restricted` wants it."""
    context = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {"imagePullPolicy": "IfNotPresent", "securityContext": context, **container}


def pod(
    name: str, container: Mapping[str, Any], labels: Mapping[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    """Return a pod that ends at once when it is told to."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"ekiben.io/e2e": name, **(labels or {})}},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": name, **container}],
            **spec,
        },
    }


def start_caller(cluster: Cluster) -> None:
    """Start the pod from which everything is asked."""
    container = restricted({"image": BATTLE_IMAGE, "command": IDLE})
    start(cluster, pod(CALLER, container, {"ekiben.io/client": "true"}))


def start_workshop(cluster: Cluster, claim: str, signing_secret: str) -> None:
    """Start a pod that has the store and the trainer's key, as a training has."""
    mounts = [
        {"name": "store", "mountPath": "/store"},
        {"name": "keys", "mountPath": "/keys", "readOnly": True},
    ]
    volumes = [
        {"name": "store", "persistentVolumeClaim": {"claimName": claim}},
        {"name": "keys", "secret": {"secretName": signing_secret}},
    ]
    security = {"runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001}
    container = restricted({"image": TRAINING_IMAGE, "command": IDLE, "volumeMounts": mounts})
    start(cluster, pod(WORKSHOP, container, volumes=volumes, securityContext=security))


def start_node_agent(cluster: Cluster) -> None:
    """Start the pod that can kill a process of another pod; it lives in a namespace of its own."""
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HELPERS, "labels": labels}})
    security = {"runAsUser": 0, "capabilities": {"drop": ["ALL"], "add": ["KILL", "SYS_PTRACE"]}}
    container = {"image": BATTLE_IMAGE, "command": IDLE, "securityContext": security}
    start(cluster, pod(NODE, container, hostPID=True), HELPERS)


def kill_server(cluster: Cluster, uid: str) -> str:
    """Kill the serving process of the pod with this uid with signal 9, and return its command line."""
    return cluster.exec(NODE, "python", "-c", KILLER, uid, namespace=HELPERS)


def start_burners(cluster: Cluster, count: int) -> None:
    """Start pods that use all the processor that they can get."""
    for number in range(count):
        container = restricted({"image": BATTLE_IMAGE, "command": ["python", "-c", BURNER]})
        start(cluster, pod(f"burner-{number}", container, {"ekiben.io/e2e-burner": "true"}))


def stop_burners(cluster: Cluster) -> None:
    """End them."""
    cluster.kubectl("delete", "pods", "--selector", "ekiben.io/e2e-burner", "--wait=true")


def start(cluster: Cluster, described: dict[str, Any], namespace: str | None = None) -> None:
    """Start a pod, in the place of one of its name, and wait until it is ready."""
    name = described["metadata"]["name"]
    inside = ("--namespace", namespace or cluster.namespace)
    cluster.kubectl("delete", "pod", name, "--ignore-not-found", *inside)
    described["metadata"]["namespace"] = inside[1]
    cluster.apply(described)
    cluster.kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=90s", *inside)
