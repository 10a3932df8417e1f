"""The cluster for the tests, with the project's images in it."""

from functools import cache

from k8s import cluster_images
from k8s.testcluster import choose
from k8s.testcluster.paths import Paths
from tests.e2e.support.cluster import Cluster


@cache
def _target() -> choose.Target:
    return choose.connect(Paths.default())


def connect(namespace: str, *, build: bool) -> Cluster:
    """Return the chosen cluster, started if it is ours; with images of the code as it is here if wanted."""
    target = _target()
    if build:
        cluster_images.build_and_load(target)
    return Cluster(target.kubeconfig, target.context, namespace, target.tools)


def next_tag(image: str) -> str:
    """Return another tag of an image that the cluster has, as an upgrade would bring one."""
    return cluster_images.load_next_tag(_target(), image)
