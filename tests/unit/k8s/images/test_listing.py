"""Bills of materials are syft's, of the image as Docker saves it; signatures are cosign's."""

import io
import json
import stat
import tarfile
from pathlib import Path

import pytest

from k8s.images import listing
from k8s.images.engine import Engine
from k8s.images.listing import ToolFailed, sign, write_bill_of_materials
from tests.support.fake_docker import FakeDocker

METADATA = "app/.venv/lib/python3.11/site-packages/msgspec-0.22.0.dist-info/METADATA"


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def saved_image(path: Path) -> Path:
    """Write what `docker save` would, of an image with one Python package."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as files:
        add(files, METADATA, b"Metadata-Version: 2.1\nName: msgspec\nVersion: 0.22.0\n")
    config = {
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]},
    }
    manifest = [{"Config": "config.json", "RepoTags": ["x/battle:1"], "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        add(archive, "config.json", json.dumps(config).encode())
        add(archive, "layer.tar", layer.getvalue())
        add(archive, "manifest.json", json.dumps(manifest).encode())
    return path


def test_every_package_of_an_image_is_listed(tmp_path: Path) -> None:
    docker = FakeDocker(tmp_path / "bin", archive=saved_image(tmp_path / "saved.tar"))
    written = write_bill_of_materials(Engine(str(docker.client)), "battle", "x/battle:1", tmp_path / "sbom")
    assert written == tmp_path / "sbom/battle.cdx.json"
    bill = json.loads(written.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "x/battle"
    listed = {(part["name"], part["version"]) for part in bill["components"] if part["type"] == "library"}
    assert ("msgspec", "0.22.0") in listed


def test_what_is_no_image_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "saved.tar"
    broken.write_text("no archive")
    docker = FakeDocker(tmp_path / "bin", archive=broken)
    with pytest.raises(ToolFailed, match="`syft` failed"):
        write_bill_of_materials(Engine(str(docker.client)), "battle", "x/battle:1", tmp_path / "sbom")


def test_image_is_signed_and_its_bill_attested_by_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cosign = tmp_path / "cosign"
    cosign.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n')
    cosign.chmod(cosign.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    sign("x/battle@sha256:1", Path("battle.cdx.json"))
    assert (tmp_path / "calls").read_text().splitlines() == [
        "sign --yes x/battle@sha256:1",
        "attest --yes --type cyclonedx --predicate battle.cdx.json x/battle@sha256:1",
    ]


def test_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolFailed, match="`cosign` failed: it is not on PATH"):
        listing.sign("x", Path("y"))
