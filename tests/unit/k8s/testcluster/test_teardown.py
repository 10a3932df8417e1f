import json
from pathlib import Path

import pytest

from k8s.testcluster.paths import Paths
from k8s.testcluster.teardown import (
    container_processes,
    links_into,
    mounts_below,
    network_namespaces,
    shim_sockets,
)

MOUNTS = """\
proc /proc proc rw 0 0
overlay /c/state/run/a/rootfs overlay rw 0 0
tmpfs /c/state/run/a/rootfs/dev tmpfs rw 0 0
tmpfs /c/state-of-another/x tmpfs rw 0 0
tmpfs /c/state/with\\040space tmpfs rw 0 0
tmpfs /c/state/gone\\040(deleted) tmpfs rw 0 0
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "state/io.containerd.runtime.v2.task/k8s.io/0123"
    folder.mkdir(parents=True)
    return folder


def test_only_mounts_below_the_folder_are_found_innermost_first() -> None:
    assert mounts_below(MOUNTS, Path("/c/state")) == [
        Path("/c/state/with space"),
        Path("/c/state/run/a/rootfs/dev"),
        Path("/c/state/run/a/rootfs"),
        Path("/c/state/gone"),
    ]


def test_network_namespaces_of_our_containers_are_found(tmp_path: Path, bundle: Path) -> None:
    spaces = [
        {"type": "pid"},
        {"type": "network", "path": "/var/run/netns/cni-1"},
        {"type": "ipc", "path": "/proc/1/ns/ipc"},
    ]
    (bundle / "config.json").write_text(json.dumps({"linux": {"namespaces": spaces}}))
    assert network_namespaces(tmp_path) == {Path("/var/run/netns/cni-1")}


def test_network_of_the_machine_itself_is_never_taken_away(tmp_path: Path, bundle: Path) -> None:
    spaces = [{"type": "network", "path": "/proc/1/ns/net"}]
    (bundle / "config.json").write_text(json.dumps({"linux": {"namespaces": spaces}}))
    assert network_namespaces(tmp_path) == set()


def test_half_written_description_is_passed_over(tmp_path: Path, bundle: Path) -> None:
    (bundle / "config.json").write_text('{"linux": ')
    assert network_namespaces(tmp_path) == set()


def test_sockets_of_shims_are_found(tmp_path: Path, bundle: Path) -> None:
    (bundle / "address").write_text("unix:///run/containerd/s/abc\n")
    assert shim_sockets(tmp_path) == {Path("/run/containerd/s/abc")}


def test_cluster_that_never_ran_has_no_processes(tmp_path: Path) -> None:
    shims = container_processes(Paths(tmp_path))
    assert all("containerd-shim" not in Path(f"/proc/{shim.pid}/cmdline").read_text() for shim in shims)


def test_only_links_into_the_state_are_found(tmp_path: Path) -> None:
    for name, target in {"ours": "/c/state/pod-logs/a", "other": "/var/log/pods/b"}.items():
        (tmp_path / name).symlink_to(target)
    (tmp_path / "file").touch()
    assert links_into(tmp_path, Path("/c/state")) == [tmp_path / "ours"]
