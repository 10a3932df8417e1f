from pathlib import Path

import pytest

from k8s.testcluster.paths import Paths


def test_cache_is_where_the_user_wants_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert Paths.default().cache == Path("/caches/ekiben/testcluster")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert Paths.default().cache == Path.home() / ".cache/ekiben/testcluster"


def test_what_outlives_the_cluster_is_not_in_its_state() -> None:
    paths = Paths(Path("/c"))
    assert not any(
        path.is_relative_to(paths.state)
        for path in (paths.bin, paths.builds, paths.images, paths.docker, paths.image_store, paths.lock)
    )
    assert paths.kubeconfig == Path("/c/state/kubeconfig")
