"""Which images a cluster for tests is given."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from k8s.cluster_images import build_and_load, engine_environment, load_next_tag, names
from k8s.testcluster.choose import Target


def _named(loaded: list[str]) -> Target:
    def load(images: Sequence[str]) -> None:
        loaded.extend(images)

    return Target(Path("kubeconfig"), "named", None, None, load)


def test_every_image_has_the_name_that_the_charts_use() -> None:
    assert names("v1") == [
        f"docker.io/ekiben/{name}:v1"
        for name in ("battle", "analyst", "training", "mlflow", "loadtests", "llm")
    ]


def test_nothing_is_built_for_a_cluster_that_was_named() -> None:
    loaded: list[str] = []
    build_and_load(_named(loaded))
    assert loaded == names()
    assert load_next_tag(_named([]), "mlflow") == "dev"


def test_engine_is_the_clusters_and_its_network_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILD_NETWORK", raising=False)
    environment = engine_environment("unix:///docker.sock")
    assert environment["DOCKER_HOST"] == "unix:///docker.sock"
    assert environment["BUILD_NETWORK"] == "host"
