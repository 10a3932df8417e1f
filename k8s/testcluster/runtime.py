"""containerd: started, filled with images, and freed of the containers of an earlier cluster.

Its images stay in the cache when the cluster goes, so that the next one has them at once.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from k8s.testcluster import network, processes
from k8s.testcluster.commands import run, succeeds, wait_until
from k8s.testcluster.paths import Paths

PAUSE_IMAGE = "docker.io/ekiben-testcluster/pause:1"
_NAME = "containerd"
_START_SECONDS = 20.0
_CRI_PLUGIN = "io.containerd.grpc.v1.cri"
_OF_CONTAINERS = (_CRI_PLUGIN, "io.containerd.runtime.v2.task")
"""Folders of the root that describe containers, not images."""


def ctr(paths: Paths) -> tuple[str, ...]:
    """Return the beginning of every command to our containerd."""
    return ("ctr", "--address", str(paths.containerd_socket), "--namespace", "k8s.io")


def start(paths: Paths) -> None:
    """Start containerd without any container and return when it answers. Raises NotReady, CommandFailed."""
    (paths.containerd / "cni").mkdir(parents=True)
    (paths.containerd / "cni" / "10-pods.conflist").write_text(network.cni_configuration(paths.state / "cni"))
    if is_of_this_boot(paths.image_store):
        _forget_containers(paths)
    else:
        # After a crash of the machine, files may be missing that containerd believes to have.
        _make_empty(paths.image_store)
    _launch(paths, disabled=())


def is_of_this_boot(store: Path) -> bool:
    """Return whether `store` was made since the machine started."""
    mark = store / "boot"
    return mark.exists() and mark.read_text() == processes.boot()


def _make_empty(store: Path) -> None:
    if store.exists():
        shutil.rmtree(store)
    store.mkdir(parents=True)
    (store / "boot").write_text(processes.boot())


def _forget_containers(paths: Paths) -> None:
    """Remove the containers of an earlier cluster, while nothing manages them."""
    for name in _OF_CONTAINERS:
        shutil.rmtree(paths.image_store / "root" / name, ignore_errors=True)
    _launch(paths, disabled=(_CRI_PLUGIN,))
    containers = run(*ctr(paths), "containers", "list", "--quiet").split()
    if containers:
        run(*ctr(paths), "containers", "remove", *containers)
    processes.stop(paths.run, _NAME)


def _launch(paths: Paths, disabled: Sequence[str]) -> None:
    path = paths.containerd / "config.toml"
    path.write_text(configuration(paths, disabled))
    processes.start(_NAME, (_NAME, "--config", path), paths.run, paths.logs / f"{_NAME}.log")
    wait_until(lambda: succeeds(*ctr(paths), "version"), "containerd answers", _START_SECONDS)


def configuration(paths: Paths, disabled: Sequence[str] = ()) -> str:
    """Return containerd's configuration, with some plugins `disabled`."""
    listed = ", ".join(f'"{name}"' for name in disabled)
    return f"""\
version = 2
root = "{paths.image_store}/root"
state = "{paths.containerd}/state"
disabled_plugins = [{listed}]

[grpc]
  address = "{paths.containerd_socket}"

[plugins."{_CRI_PLUGIN}"]
  sandbox_image = "{PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE the kernel refuses the score of sandboxes, and none would start.
  restrict_oom_score_adj = true
  [plugins."{_CRI_PLUGIN}".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{paths.containerd}/cni"
"""
