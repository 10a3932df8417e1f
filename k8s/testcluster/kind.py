"""The same cluster for tests by kind, which needs a Docker engine of the user and kind's node image."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from k8s.testcluster import addons, docker, images, keda, packages, tools, volumes
from k8s.testcluster.commands import run, step
from k8s.testcluster.kubectl import Kubectl
from k8s.testcluster.paths import SOURCE, Paths

CONFIGURATION = SOURCE.parent / "kind.yaml"
_VOLUMES = Path("/var/local/ekiben")
_START_SECONDS = 180
_ALERTMANAGER = "prometheus-alertmanager"


def configuration() -> dict[str, Any]:
    """Return the content of `k8s/kind.yaml`."""
    content: dict[str, Any] = yaml.safe_load(CONFIGURATION.read_text())
    return content


def name() -> str:
    """Return the name that the cluster is given."""
    return str(configuration()["name"])


def context() -> str:
    """Return the context that kind makes of the cluster's name."""
    return f"kind-{name()}"


def node_images() -> list[str]:
    """Return the images that the nodes are made of."""
    return [str(node["image"]) for node in configuration()["nodes"]]


def is_possible(paths: Paths) -> bool:
    """Return whether kind, an engine of the user and the node images are there; nothing is fetched."""
    if not shutil.which("kind") or not shutil.which("docker"):
        return False
    host = docker.of_user(paths)
    return host is not None and all(docker.has_image(host, image) for image in node_images())


def up(paths: Paths) -> Kubectl:
    """Start the cluster with its add-ons unless it runs, and return how to reach it. Raises CommandFailed."""
    kubeconfig = paths.cache / "kind.kubeconfig"
    packages.install({_ALERTMANAGER: packages.NEEDED[_ALERTMANAGER]})
    tools.build(paths, tools.select(["kubectl", *images.ADDON_TOOLS]))
    if name() in run("kind", "get", "clusters").split():
        run("kind", "export", "kubeconfig", "--name", name(), "--kubeconfig", kubeconfig)
    else:
        with step(f"kind started the cluster {name()}"):
            options = ("--config", CONFIGURATION, "--kubeconfig", kubeconfig, "--wait", f"{_START_SECONDS}s")
            run("kind", "create", "cluster", "--name", name(), *options)
    cluster = Kubectl(paths.bin / "kubectl", kubeconfig, context())
    _install(cluster, paths)
    return cluster


def _install(cluster: Kubectl, paths: Paths) -> None:
    own = images.addon_images(paths)
    with step("the add-ons answer"):
        for image in own:
            run("kind", "load", "image-archive", "--name", name(), images.tar_of(paths, image))
        keda.release_manifests(paths)
        addons.install(cluster, paths, own)
        volumes.renew(cluster, _VOLUMES, _make_empty_in_node)
        addons.wait(cluster)


def _make_empty_in_node(folders: Sequence[Path]) -> None:
    """Make empty folders in the node, which is a container."""
    node = ("docker", "exec", f"{name()}-control-plane")
    if folders:
        run(*node, "rm", "-rf", *folders)
        run(*node, "mkdir", "-p", f"--mode={volumes.WRITABLE_BY_ALL:o}", *folders)


def load(names: Sequence[str]) -> None:
    """Bring images of the Docker engine into the cluster. Raises CommandFailed."""
    run("kind", "load", "docker-image", "--name", name(), *names)
