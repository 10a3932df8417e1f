"""Which cluster the end-to-end tests use. One that nobody named is never touched.

1. The context that EKIBEN_E2E_CONTEXT names, in the user's kubeconfig.
2. kind, when it, a Docker engine and the node image of `k8s/kind.yaml` are there.
3. The test cluster of this package.
"""

import enum
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from k8s.testcluster import bases, cluster, docker, images, kind
from k8s.testcluster.addresses import CONTEXT
from k8s.testcluster.commands import say, step
from k8s.testcluster.errors import CommandFailed, ContextRefused
from k8s.testcluster.kubectl import Kubectl
from k8s.testcluster.paths import Paths

VARIABLE = "EKIBEN_E2E_CONTEXT"


class Choice(enum.Enum):
    """The kinds of clusters."""

    NAMED = "the context that was named"
    KIND = "kind"
    OWN = "the test cluster"


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster that is up. `load` brings images of the Docker engine `docker_host` into it."""

    kubeconfig: Path
    context: str
    tools: Path | None
    """A folder with kubectl, or None if the user's own is used."""
    docker_host: str | None
    load: Callable[[Sequence[str]], None]


def decide(named: str, kind_is_possible: Callable[[], bool]) -> Choice:
    """Return which cluster is used; kind is only asked about when nothing was named."""
    if named:
        own = {CONTEXT: Choice.OWN, kind.context(): Choice.KIND}
        return own.get(named, Choice.NAMED)
    return Choice.KIND if kind_is_possible() else Choice.OWN


def connect(paths: Paths, environment: Mapping[str, str] = os.environ) -> Target:
    """Choose a cluster, start it if it is ours, and return how to reach it. Raises ClusterError."""
    named = environment.get(VARIABLE, "")
    choice = decide(named, lambda: kind.is_possible(paths))
    say(f"cluster: {choice.value} {named}".rstrip())
    if choice is Choice.NAMED:
        return _connect_named(named, environment)
    return _connect_kind(paths) if choice is Choice.KIND else _connect_own(paths)


def _connect_own(paths: Paths) -> Target:
    cluster.up(paths)
    with step("a Docker engine has the base images"):
        host = docker.ensure(paths)
        bases.ensure(paths, host)
    docker.forget_old_layers(paths, host)

    def load(names: Sequence[str]) -> None:
        with cluster.locked(paths):
            images.load(paths, names, host)

    load(bases.FOR_PODS)
    return Target(paths.kubeconfig, CONTEXT, paths.bin, host, load)


def _connect_kind(paths: Paths) -> Target:
    reached = kind.up(paths)
    return Target(reached.kubeconfig, reached.context, paths.bin, docker.of_user(paths), kind.load)


def _connect_named(context: str, environment: Mapping[str, str]) -> Target:
    """Reach somebody's own cluster, which has its own add-ons and gets images from its registry."""
    kubeconfig = user_kubeconfig(environment)
    found = shutil.which("kubectl")
    if not found:
        raise ContextRefused(context, "kubectl is not on PATH.")
    reached = Kubectl(Path(found), kubeconfig, context)
    try:
        reached("get", "--raw", "/readyz")
    except CommandFailed as error:
        raise ContextRefused(context, error.output.strip()) from error
    return Target(kubeconfig, context, None, None, _say_who_loads)


def user_kubeconfig(environment: Mapping[str, str]) -> Path:
    """Return the file that kubectl reads: the first of KUBECONFIG, or else the one in the home folder."""
    files = [name for name in environment.get("KUBECONFIG", "").split(os.pathsep) if name]
    return Path(files[0]) if files else Path.home() / ".kube" / "config"


def _say_who_loads(names: Sequence[str]) -> None:
    say(f"the cluster has to be able to pull {', '.join(names)}")
