"""Signed packages in a store: what is put can be loaded, what is altered can't, what is half written isn't
there."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bentos.core.errors import FileAltered, PackageNotFound, SignatureInvalid
from bentos.core.package import Pin, load_package, require_contract
from tests.support.tiny_pipeline import TinyPipeline
from training.core.errors import ArtifactStoreUnavailable
from training.core.packaging import PackageStore, SignedPackage, copy_package, sign_package

KEY = Ed25519PrivateKey.generate()
PIPELINE = TinyPipeline()


def make(files: dict[str, bytes] | None = None) -> SignedPackage:
    return sign_package("tiny", files or PIPELINE.files(), PIPELINE.inputs(), "abc123", KEY)


def pin(uri: str, package: SignedPackage) -> Pin:
    return Pin(uri=uri, version="1", digest=package.digest)


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> PackageStore:
    uris = {"folder": str(tmp_path / "packages"), "memory": f"memory://{tmp_path.name}"}
    return PackageStore(uris[request.param])


def test_stored_package_loads_and_says_where_it_came_from(store: PackageStore) -> None:
    package = make()
    loaded = load_package(pin(store.put(package), package), KEY.public_key())
    assert loaded.files == PIPELINE.files()
    assert loaded.manifest.git_commit == "abc123"
    assert loaded.manifest.inputs_sha256 == PIPELINE.inputs().digest()
    assert loaded.manifest.parameters["xgboost"]["trees"] == 20
    require_contract(loaded, PIPELINE.contract)


def test_address_is_the_digest(store: PackageStore) -> None:
    package = make()
    assert store.put(package).endswith(f"/tiny/{package.digest.removeprefix('sha256:')}")


def test_putting_twice_changes_nothing(tmp_path: Path) -> None:
    store, package = PackageStore(str(tmp_path)), make()
    address = Path(store.put(package))
    before = {path.name: path.stat().st_mtime_ns for path in address.iterdir()}
    assert store.put(package) == str(address)
    assert {path.name: path.stat().st_mtime_ns for path in address.iterdir()} == before


def test_half_written_package_is_not_there_and_is_completed_by_the_next_put(tmp_path: Path) -> None:
    store, package = PackageStore(str(tmp_path)), make()
    address = Path(store.address("tiny", package.digest))
    address.mkdir(parents=True)
    (address / "model.onnx").write_bytes(package.files["model.onnx"][:100])
    with pytest.raises(PackageNotFound):
        load_package(pin(str(address), package), KEY.public_key())
    store.put(package)
    assert load_package(pin(str(address), package), KEY.public_key()).files == PIPELINE.files()


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "../escape", "a/b", ".hidden", ""])
def test_file_name_that_could_escape_or_shadow_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="can't be the name"):
        make({name: b""})


def test_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactStoreUnavailable, match="file/packages"):
        PackageStore(str(tmp_path / "file" / "packages")).put(make())


def test_store_of_an_unknown_kind_is_named() -> None:
    with pytest.raises(ArtifactStoreUnavailable, match="nowhere://"):
        PackageStore("nowhere://bucket").put(make())


def test_removed_package_is_gone_and_removing_it_again_is_no_error(store: PackageStore) -> None:
    package = make()
    address = store.put(package)
    store.remove(address)
    store.remove(address)
    with pytest.raises(PackageNotFound):
        load_package(pin(address, package), KEY.public_key())


def test_nothing_outside_the_store_is_removed(tmp_path: Path) -> None:
    (tmp_path / "packages-of-others").mkdir()
    PackageStore(str(tmp_path / "packages")).remove(str(tmp_path / "packages-of-others"))
    assert (tmp_path / "packages-of-others").exists()


def test_copy_is_complete_and_verified(store: PackageStore, tmp_path: Path) -> None:
    package, folder = make(), tmp_path / "copy"
    folder.mkdir()
    copied = copy_package(pin(store.put(package), package), KEY.public_key(), folder)
    assert copied.files == PIPELINE.files()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == package.files


def test_altered_package_is_not_copied(tmp_path: Path) -> None:
    store, package, folder = PackageStore(str(tmp_path / "store")), make(), tmp_path / "copy"
    address = store.put(package)
    Path(address, "model.onnx").write_bytes(b"other bytes")
    folder.mkdir()
    with pytest.raises(FileAltered, match=r"model\.onnx"):
        copy_package(pin(address, package), KEY.public_key(), folder)
    assert list(folder.iterdir()) == []


def test_package_of_another_trainer_is_not_trusted(store: PackageStore) -> None:
    package = make()
    with pytest.raises(SignatureInvalid, match="signed by key"):
        load_package(pin(store.put(package), package), Ed25519PrivateKey.generate().public_key())
