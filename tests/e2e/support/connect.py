"""The cluster for the tests, with the project's images in it."""

from k8s import cluster_images
from k8s.testcluster import choose
from k8s.testcluster.paths import Paths
from tests.e2e.support.cluster import Cluster


class Connection:
    """The chosen cluster, started if it is ours."""

    def __init__(self) -> None:
        self._target = choose.connect(Paths.default())

    def cluster(self, namespace: str) -> Cluster:
        """Return the cluster, with images of the code as it is here."""
        cluster_images.build_and_load(self._target)
        return Cluster(self._target.kubeconfig, self._target.context, namespace, self._target.tools)

    def offer_next(self, image: str) -> str:
        """Give an image that the cluster has another tag, as an upgrade would bring one; return the tag."""
        return cluster_images.load_next_tag(self._target, image)
