"""`python -m k8s.cluster_images`: build every image and bring it into the cluster for trials."""

import os
import subprocess
import sys
from collections.abc import Sequence

from k8s.images.catalogue import DEFAULT_REGISTRY, DEFAULT_TAG, IMAGES, ROOT
from k8s.testcluster import choose
from k8s.testcluster.errors import ClusterError
from k8s.testcluster.paths import Paths

NEXT_TAG = "dev-next"


def names(tag: str = DEFAULT_TAG) -> list[str]:
    """Return the complete names of all images, as the values of the charts have them."""
    return [f"{DEFAULT_REGISTRY}/{image}:{tag}" for image in IMAGES]


def build_and_load(target: choose.Target) -> None:
    """Build the code as it is here and load it. Raises CalledProcessError or ClusterError.

    A cluster that was named pulls from a registry: nothing is built for it.
    """
    if target.docker_host:
        # Without a model: what is served is trained in the cluster.
        build = [sys.executable, "-m", "k8s.images", "build", "--model", "none"]
        build += ["--registry", DEFAULT_REGISTRY, "--tag", DEFAULT_TAG]
        subprocess.run(build, cwd=ROOT, env=engine_environment(target.docker_host), check=True)
    target.load(names())


def load_next_tag(target: choose.Target, image: str) -> str:
    """Load an image that the cluster has under another tag, as an upgrade would bring one; return the tag."""
    if not target.docker_host:
        return DEFAULT_TAG
    name = f"{DEFAULT_REGISTRY}/{image}"
    command = ["docker", "tag", f"{name}:{DEFAULT_TAG}", f"{name}:{NEXT_TAG}"]
    subprocess.run(command, env=engine_environment(target.docker_host), check=True)
    target.load([f"{name}:{NEXT_TAG}"])
    return NEXT_TAG


def engine_environment(docker_host: str) -> dict[str, str]:
    """Return the environment for Docker's client; the engine of the test cluster has no bridge of its own."""
    return {"BUILD_NETWORK": "host", **os.environ, "DOCKER_HOST": docker_host}


def main(_arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0, or 1 with a sentence."""
    try:
        build_and_load(choose.connect(Paths.default()))
    except (ClusterError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
