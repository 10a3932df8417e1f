"""Ends and removes everything that belongs to the cluster, also what an earlier boot or a `kill -9` left."""

import contextlib
import json
import os
import shutil
from pathlib import Path

from k8s.testcluster import network, node, processes
from k8s.testcluster.commands import succeeds, wait_until
from k8s.testcluster.paths import Paths
from k8s.testcluster.processes import Identity

_STOP_ORDER = ("kubelet", "proxy", "scheduler", "controller-manager", "api-server", "etcd")
_REMOVAL_SECONDS = 10.0
_CONTAINER_LOGS = Path("/var/log/containers")
_SHIM = "containerd-shim"
_DELETED_MARK = "\\040(deleted)"


def remove_all(paths: Paths) -> None:
    """End all processes, undo all changes to the machine, and delete the state. Raises NotReady.

    The state goes last, so without one there is nothing to do.
    """
    if not paths.state.exists():
        return
    for name in _STOP_ORDER:
        # What they would still write goes away in a moment.
        processes.stop(paths.run, name, grace_seconds=0)
    containers = [bundle.name for bundle in _bundles(paths.containerd)]
    namespaces, sockets = network_namespaces(paths.containerd), shim_sockets(paths.containerd)
    # Without containerd, nobody tidies up after the containers while we do.
    processes.stop(paths.run, "containerd")
    processes.end(container_processes(paths), 0)
    unmount_below(paths.state)
    for namespace in namespaces:
        succeeds("umount", "--lazy", namespace)
        namespace.unlink(missing_ok=True)
    for socket in sockets:
        socket.unlink(missing_ok=True)
    for link in links_into(_CONTAINER_LOGS, paths.state):
        link.unlink(missing_ok=True)
    network.tear_down(paths.state / "cni", containers)
    _remove_cgroups()
    shutil.rmtree(paths.state)


def container_processes(paths: Paths) -> list[Identity]:
    """Return the shims of our containers, known by the socket they were given, and our pods' processes.

    The latter are found by their control groups: they outlive shims that are killed.
    """
    everything = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    shims = [pid for pid in everything if _is_our_shim(pid, str(paths.containerd_socket))]
    found = [Identity.of(pid) for pid in sorted({*shims, *node.processes_in_cgroups(node.CGROUPS)})]
    return [identity for identity in found if identity]


def _is_our_shim(pid: int, socket: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return False
    return Path(words[0]).name.startswith(_SHIM) and socket in words


def _bundles(containerd: Path) -> list[Path]:
    """Return the folders in which the runtime describes its containers."""
    return sorted((containerd / "state" / "io.containerd.runtime.v2.task" / "k8s.io").glob("*"))


def network_namespaces(containerd: Path) -> set[Path]:
    """Return the mounted network namespaces of our pods, as their containers' configuration names them."""
    found = set()
    for bundle in _bundles(containerd):
        with contextlib.suppress(OSError, ValueError):
            spaces = json.loads((bundle / "config.json").read_text())["linux"]["namespaces"]
            found |= {
                Path(space["path"]) for space in spaces if space["type"] == "network" and "path" in space
            }
    return {path for path in found if path.parent.name == "netns"}


def shim_sockets(containerd: Path) -> set[Path]:
    """Return the sockets of our containers' shims, which lie outside the state."""
    files = [bundle / "address" for bundle in _bundles(containerd)]
    return {Path(file.read_text().strip().removeprefix("unix://")) for file in files if file.exists()}


def links_into(folder: Path, target: Path) -> list[Path]:
    """Return the links in `folder` that lead to something below `target`."""
    links = [path for path in folder.glob("*") if path.is_symlink()]
    return [link for link in links if link.readlink().is_relative_to(target)]


def unmount_below(folder: Path) -> None:
    """Unmount everything mounted below `folder`, innermost first. Raises NotReady."""

    def nothing_left() -> bool:
        # A mount may vanish with another one, or with the process it was made for.
        targets = mounts_below(Path("/proc/self/mounts").read_text(), folder)
        for target in targets:
            succeeds("umount", "--lazy", target)
        return not targets

    wait_until(nothing_left, f"everything below {folder} unmounted", _REMOVAL_SECONDS)


def mounts_below(mounts: str, folder: Path) -> list[Path]:
    """Return the mount points below `folder` named in a text such as /proc/mounts, innermost first."""
    targets = [line.split()[1].removesuffix(_DELETED_MARK) for line in mounts.splitlines()]
    plain = [target.replace("\\040", " ") for target in targets]
    return [Path(target) for target in sorted(plain, reverse=True) if target.startswith(f"{folder}{os.sep}")]


def _remove_cgroups() -> None:
    """Remove our control groups; killed processes leave theirs a moment after they ended."""

    def nothing_left() -> bool:
        node.remove_cgroups(node.CGROUPS)
        return not node.cgroups_left(node.CGROUPS)

    wait_until(nothing_left, "control groups removed", _REMOVAL_SECONDS)
