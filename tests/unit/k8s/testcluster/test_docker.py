"""What the cluster does to a Docker engine, and to whose."""

from pathlib import Path

import pytest

from k8s.testcluster.docker import forget_old_layers, own_host
from k8s.testcluster.paths import Paths


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Docker client that only notes what it is asked."""
    notes, client = tmp_path / "asked", tmp_path / "docker"
    client.write_text(f'#!/bin/sh\necho "$DOCKER_HOST $*" >> {notes}\n')
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return notes


def test_layers_of_earlier_builds_leave_our_own_engine(asked: Path, tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    forget_old_layers(paths, own_host(paths))
    assert asked.read_text() == f"{own_host(paths)} image prune --force --filter until=6h\n"


def test_nothing_leaves_an_engine_that_is_not_ours(asked: Path, tmp_path: Path) -> None:
    forget_old_layers(Paths(tmp_path), "unix:///var/run/docker.sock")
    assert not asked.exists()
