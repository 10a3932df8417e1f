"""`python -m k8s.testcluster`: a real single-node Kubernetes on a plain machine."""

import argparse
import sys
from collections.abc import Sequence

from bentos.core.errors import EkibenError
from k8s.testcluster import bases, cluster, docker, images, tools
from k8s.testcluster.commands import say, step
from k8s.testcluster.errors import ClusterError
from k8s.testcluster.paths import Paths

_BASES = "bases"
_CLUSTER = "cluster"
_NAMES = f"tools, groups, {_BASES}, or {_CLUSTER} for what `up` needs; everything, if none is named"
_DESCRIPTION = """\
A real single-node Kubernetes from ordinary packages, for machines where neither kind nor a cloud
can be had. Needs Linux, root, Debian's or Ubuntu's packages and a Go toolchain. The first start builds
what it needs, which takes long; later ones take less than a minute. Everything is kept in
~/.cache/ekiben/testcluster.
"""


def _up(paths: Paths, _: argparse.Namespace) -> None:
    cluster.up(paths)
    _print_summary(paths)


def _down(paths: Paths, arguments: argparse.Namespace) -> None:
    cluster.down(paths, arguments.docker)


def _load(paths: Paths, arguments: argparse.Namespace) -> None:
    with cluster.locked(paths):
        if not cluster.is_up(paths):
            raise NotUp
        brought = images.load(paths, arguments.image, docker.ensure(paths))
    say(f"{len(brought)} of {len(arguments.image)} images were new to the cluster")


def _status(paths: Paths, arguments: argparse.Namespace) -> None:
    if arguments.kubeconfig:
        sys.stdout.write(f"{paths.kubeconfig}\n")
        return
    for name, value in cluster.describe(paths):
        sys.stdout.write(f"{name:19} {value}\n")
    if not cluster.is_up(paths):
        raise SystemExit(1)


def _build(paths: Paths, arguments: argparse.Namespace) -> None:
    wanted = arguments.name or [*(tool.binary for tool in tools.TOOLS), _BASES]
    if _CLUSTER in wanted:
        wanted = [*tools.CLUSTER_GROUPS, *(name for name in wanted if name != _CLUSTER)]
    with step("everything that was asked for is in the cache"):
        tools.build(paths, tools.select(name for name in wanted if name != _BASES))
        if _BASES in wanted:
            cluster.require_root()
            bases.ensure(paths, docker.ensure(paths))


def _bin(paths: Paths, _: argparse.Namespace) -> None:
    sys.stdout.write(f"{paths.bin}\n")


def _print_summary(paths: Paths) -> None:
    sys.stdout.write(f"export KUBECONFIG={paths.kubeconfig}\n")


class NotUp(ClusterError):
    """There is no cluster to load images into."""

    def __init__(self) -> None:
        super().__init__("The cluster is not up: python -m k8s.testcluster up")


def parser() -> argparse.ArgumentParser:
    """Return what the command line accepts."""
    whole = argparse.ArgumentParser(
        "python -m k8s.testcluster",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("up", help="start the cluster with its add-ons, or say that it is up")
    command.set_defaults(run=_up)
    command = commands.add_parser("down", help="stop it, and remove everything that it made except the cache")
    command.add_argument("--docker", action="store_true", help="stop the Docker engine too, if we started it")
    command.set_defaults(run=_down)
    command = commands.add_parser("load", help="bring images of the Docker engine into the cluster")
    command.add_argument("image", nargs="+")
    command.set_defaults(run=_load)
    command = commands.add_parser(
        "status", help="show what runs, and where; ends with 1 unless the cluster is up"
    )
    command.add_argument("--kubeconfig", action="store_true", help="print only where the kubeconfig is")
    command.set_defaults(run=_status)
    command = commands.add_parser("build", help="build tools and base images into the cache")
    command.add_argument("name", nargs="*", help=_NAMES)
    command.set_defaults(run=_build)
    command = commands.add_parser("bin", help="print the folder with kubectl, helm and the other tools")
    command.set_defaults(run=_bin)
    return whole


def main(words: Sequence[str] | None = None) -> int:
    """Run one command, and return the exit code."""
    arguments = parser().parse_args(words)
    try:
        arguments.run(Paths.default(), arguments)
    except EkibenError as error:
        say(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
