import os
from pathlib import Path

import pytest

from k8s.testcluster import kind
from k8s.testcluster.paths import Paths


def _programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Let only these programs, and those of a shell, be found."""
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/none")
    monkeypatch.setenv("DOCKER_HOST", "tcp://engine.of.the.user")


def test_configuration_names_the_cluster_and_pins_its_node() -> None:
    assert kind.context() == "kind-ekiben"
    assert all(":v1." in image for image in kind.node_images())


def test_engine_with_the_node_image_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _programs(tmp_path, monkeypatch, kind="exit 0", docker="exit 0")
    assert kind.is_possible(Paths(tmp_path))


def test_kind_alone_is_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _programs(tmp_path, monkeypatch, kind="exit 0")
    assert not kind.is_possible(Paths(tmp_path))


@pytest.mark.parametrize("docker", ['test "$1" = version', "exit 1"])
def test_without_node_image_or_engine_kind_is_not_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docker: str
) -> None:
    _programs(tmp_path, monkeypatch, kind="exit 0", docker=docker)
    assert not kind.is_possible(Paths(tmp_path))


def test_engine_of_ours_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths(tmp_path)
    _programs(tmp_path, monkeypatch, kind="exit 0", docker="exit 0")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{paths.docker}/docker.sock")
    assert not kind.is_possible(paths)
