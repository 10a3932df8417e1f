import socket
import subprocess
import sys
from pathlib import Path

import pytest

from k8s.testcluster import cluster
from k8s.testcluster.errors import MachineUnsuitable
from k8s.testcluster.paths import Paths

TRIES_THE_LOCK = """
import fcntl, sys
with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""


def _can_lock(paths: Paths) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", TRIES_THE_LOCK, paths.lock], check=False, capture_output=True
    )
    return done.returncode == 0


def test_one_command_at_a_time_changes_something(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    with cluster.locked(paths):
        assert not _can_lock(paths)
    assert _can_lock(paths)


def test_cluster_that_was_never_started_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    paths = Paths(tmp_path)
    described = dict(cluster.describe(paths))
    assert not cluster.is_up(paths)
    assert described["cluster"] == "down"
    assert described["etcd"] == "does not run"
    assert described["kubeconfig"] == str(paths.kubeconfig)


def test_cluster_whose_start_was_interrupted_is_not_up(tmp_path: Path) -> None:
    assert not cluster.is_up(Paths(tmp_path))


def test_only_root_can_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(MachineUnsuitable, match="sudo"):
        cluster.require_root()


def test_address_held_by_another_cluster_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(cluster, "NODE_ADDRESS", "127.0.0.1")
        monkeypatch.setattr(cluster, "API_PORT", other.getsockname()[1])
        with pytest.raises(MachineUnsuitable, match="taken by another test cluster"):
            cluster.require_free_address()


def test_address_that_no_link_has_is_free_even_if_a_gateway_answers_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "NODE_ADDRESS", "198.51.100.1")
    monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: 0)
    cluster.require_free_address()
