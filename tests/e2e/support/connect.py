"""The cluster for the tests, with the project's images in it."""

import os
import subprocess
import sys
from functools import cache

from k8s.images.catalogue import DEFAULT_REGISTRY, DEFAULT_TAG
from k8s.testcluster import choose
from k8s.testcluster.paths import Paths
from tests.e2e.support.cluster import ROOT, Cluster

IMAGES = ("battle", "training", "mlflow", "loadtests")
NEXT_TAG = "dev-next"


@cache
def _target() -> choose.Target:
    return choose.connect(Paths.default())


def connect(namespace: str) -> Cluster:
    """Return the chosen cluster, with images of the code as it is here.

    On a cluster that was named, they have to be where its nodes pull from: nothing is built for it.
    """
    target = _target()
    if target.docker_host:
        build = [sys.executable, "-m", "k8s.images", "build", *IMAGES, "--model", "none"]
        build += ["--registry", DEFAULT_REGISTRY, "--tag", DEFAULT_TAG]
        subprocess.run(build, cwd=ROOT, env=_with_engine(target.docker_host), check=True)
        target.load([f"{DEFAULT_REGISTRY}/{name}:{DEFAULT_TAG}" for name in IMAGES])
    return Cluster(target.kubeconfig, target.context, namespace, target.tools)


def next_tag(image: str) -> str:
    """Return another tag of an image that the cluster has, as an upgrade would bring one."""
    target = _target()
    if not target.docker_host:
        return DEFAULT_TAG
    name = f"{DEFAULT_REGISTRY}/{image}"
    command = ["docker", "tag", f"{name}:{DEFAULT_TAG}", f"{name}:{NEXT_TAG}"]
    subprocess.run(command, env=_with_engine(target.docker_host), check=True)
    target.load([f"{name}:{NEXT_TAG}"])
    return NEXT_TAG


def _with_engine(docker_host: str) -> dict[str, str]:
    # The engine of the test cluster has no bridge of its own.
    return {"BUILD_NETWORK": "host", **os.environ, "DOCKER_HOST": docker_host}
