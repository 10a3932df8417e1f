"""Persistent volumes: folders of this machine behind a storage class that provisions nothing."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from k8s.testcluster.addresses import CONTEXT
from k8s.testcluster.kubectl import Kubectl

COUNT = 20
CAPACITY = "5Gi"
STORAGE_CLASS = CONTEXT
WRITABLE_BY_ALL = 0o777

Prepare = Callable[[Sequence[Path]], None]
"""Makes empty folders, wherever the node keeps them."""


def storage_class() -> dict[str, Any]:
    """Return the class that claims get when they name none."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS, "annotations": default},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "Immediate",
    }


def volume(name: str, folder: Path) -> dict[str, Any]:
    """Return a volume that pods can share."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": CONTEXT}},
        "spec": {
            "capacity": {"storage": CAPACITY},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": STORAGE_CLASS,
            "hostPath": {"path": str(folder), "type": "Directory"},
        },
    }


def names() -> list[str]:
    """Return the names of all volumes."""
    return [f"{CONTEXT}-{number:02d}" for number in range(1, COUNT + 1)]


def renew(cluster: Kubectl, folder: Path, prepare: Prepare) -> Sequence[str]:
    """Empty and offer again the volumes whose claim is gone, make those that are missing, and return them."""
    found = cluster.items("persistentvolumes")
    present = {item["metadata"]["name"]: item["status"].get("phase") for item in found}
    released = [name for name in names() if present.get(name) in ("Released", "Failed")]
    if released:
        cluster("delete", "persistentvolume", "--wait=true", *released)
    return make(
        cluster, folder, prepare, [name for name in names() if name in released or name not in present]
    )


def make(cluster: Kubectl, folder: Path, prepare: Prepare, wanted: Sequence[str]) -> Sequence[str]:
    """Make volumes with empty folders below `folder`, and return their names."""
    prepare([folder / name for name in wanted])
    if wanted:
        cluster.apply([storage_class(), *(volume(name, folder / name) for name in wanted)])
    return wanted


def make_empty(folders: Iterable[Path]) -> None:
    """Make empty folders that every user can write to: kubelet gives such volumes no owner."""
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        folder.chmod(WRITABLE_BY_ALL)
