"""The Docker engine that images come from: one that answers already, or else one that we start."""

import os

from k8s.testcluster import packages, processes
from k8s.testcluster.commands import run, step, succeeds, wait_until
from k8s.testcluster.paths import Paths

_DEFAULT_HOST = "unix:///var/run/docker.sock"
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0
_KEPT = "6h"
"""How long layers stay that no image has any more: the next builds begin from them."""


def own_host(paths: Paths) -> str:
    """Return the address of the engine that we start."""
    return f"unix://{paths.docker}/docker.sock"


def of_user(paths: Paths) -> str | None:
    """Return the address of an engine that is not ours, or None."""
    host = answering(paths)
    return None if host == own_host(paths) else host


def answering(paths: Paths) -> str | None:
    """Return the address of an engine that answers: the user's own choice first, ours last."""
    for host in (os.environ.get("DOCKER_HOST"), _DEFAULT_HOST, own_host(paths)):
        if host and succeeds("docker", "version", environment={"DOCKER_HOST": host}):
            return host
    return None


def ensure(paths: Paths) -> str:
    """Return the address of an engine that answers, which is started if there is none."""
    packages.install(packages.FOR_IMAGES)
    return answering(paths) or _start(paths)


def _start(paths: Paths) -> str:
    """Start an engine without a bridge and without firewall rules, so that nothing of it can be left over.

    Builds and containers use the machine's network (`--network=host`). A link `docker0` that an engine before
    it left goes away.
    """
    folder, host = paths.docker, own_host(paths)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dockerd.pid").unlink(missing_ok=True)
    command = (
        "dockerd",
        f"--host={host}",
        f"--data-root={folder}/root",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/dockerd.pid",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
        "--storage-driver=overlay2",
    )
    with step(f"started a Docker engine: DOCKER_HOST={host}"):
        processes.start("dockerd", command, folder / "run", folder / "dockerd.log")
        wait_until(
            lambda: succeeds("docker", "version", environment={"DOCKER_HOST": host}), host, _START_SECONDS
        )
    return host


def stop(paths: Paths) -> bool:
    """Stop the engine that we started, and return whether it ran; its images stay on the disk."""
    return processes.stop(paths.docker / "run", "dockerd", _STOP_SECONDS)


def forget_old_layers(paths: Paths, host: str) -> None:
    """Free what earlier builds left in the engine that we started; others are their users' own."""
    if host == own_host(paths):
        docker(host, "image", "prune", "--force", "--filter", f"until={_KEPT}")


def has_image(host: str, name: str) -> bool:
    """Return whether an engine has an image."""
    return succeeds("docker", "image", "inspect", name, environment={"DOCKER_HOST": host})


def docker(host: str, *arguments: str) -> str:
    """Return what a `docker` command prints. Raises CommandFailed."""
    return run("docker", *arguments, environment={"DOCKER_HOST": host})
