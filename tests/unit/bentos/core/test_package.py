"""A package that is not exactly the pinned, signed one never gets past here."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bentos.core.contract import Contract
from bentos.core.errors import (
    ContractMismatch,
    FileAltered,
    PackageNotFound,
    PackageUnloadable,
    PackageUnpinned,
    SettingsError,
    SignatureInvalid,
)
from bentos.core.manifest import MANIFEST_NAME, SIGNATURE_NAME, Signature, sha256_digest, sign_manifest
from bentos.core.package import ModelPackage, Pin, load_package, read_public_key, require_contract
from tests.support.tiny.definition import CONTRACT
from tests.support.tiny.package import TinyPackage, make_package


@pytest.fixture
def package(tmp_path_factory: pytest.TempPathFactory) -> TinyPackage:
    """A package of this test's own, to be tampered with."""
    return make_package(tmp_path_factory.mktemp("package"))


def load(package: TinyPackage, pin: Pin | None = None) -> ModelPackage:
    return load_package(pin or package.pin, package.key.public_key())


def test_sound_package_is_held_in_memory(package: TinyPackage) -> None:
    loaded = load(package)
    assert set(loaded.files) == {"model.onnx", "model.ubj", "selftest.json", "contract.json"}
    (package.folder / "model.onnx").write_bytes(b"other")
    assert loaded.files["model.onnx"] != b"other"


@pytest.mark.parametrize("name", ["model.onnx", "model.ubj", "selftest.json", "contract.json"])
@pytest.mark.parametrize("change", [lambda old: old + b" ", lambda old: old[:-1], lambda old: b"X" + old[1:]])
def test_altered_file_is_refused_by_name_and_digest(package: TinyPackage, name: str, change: object) -> None:
    assert callable(change)
    path = package.folder / name
    altered = change(path.read_bytes())
    path.write_bytes(altered)
    with pytest.raises(FileAltered, match=rf"{name} at .* was altered") as refusal:
        load(package)
    assert sha256_digest(altered) in str(refusal.value)


def test_altered_manifest_is_refused_by_the_pin(package: TinyPackage) -> None:
    path = package.folder / MANIFEST_NAME
    path.write_bytes(path.read_bytes().replace(b'"seed": 1', b'"seed": 2'))
    with pytest.raises(FileAltered, match=r"manifest\.json") as refusal:
        load(package)
    assert package.pin.digest in str(refusal.value)


def test_missing_file_is_named(package: TinyPackage) -> None:
    (package.folder / "model.onnx").unlink()
    with pytest.raises(PackageNotFound, match=r"No model\.onnx at"):
        load(package)


@pytest.mark.parametrize("uri", ["/nowhere/at/all", "nothing://here", "memory://empty"])
def test_address_without_package_is_named(package: TinyPackage, uri: str) -> None:
    with pytest.raises(PackageNotFound, match=r"No manifest\.json at"):
        load(package, Pin(uri=uri, version="1", digest=package.pin.digest))


def test_package_is_loaded_only_under_a_digest(package: TinyPackage) -> None:
    with pytest.raises(PackageUnpinned, match="is not pinned"):
        load(package, msgspec.structs.replace(package.pin, digest=""))
    with pytest.raises(FileAltered):
        load(package, msgspec.structs.replace(package.pin, digest="sha256:" + "0" * 64))


def signature_of(package: TinyPackage) -> Signature:
    return msgspec.json.decode((package.folder / SIGNATURE_NAME).read_bytes(), type=Signature)


def replace_signature(package: TinyPackage, content: bytes | None) -> None:
    path = package.folder / SIGNATURE_NAME
    path.unlink()
    if content is not None:
        path.write_bytes(content)


def test_unsigned_package_is_refused(package: TinyPackage) -> None:
    replace_signature(package, None)
    with pytest.raises(SignatureInvalid, match="it has no signature") as refusal:
        load(package)
    assert MANIFEST_NAME in str(refusal.value)
    assert package.pin.digest in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b'{"key_id": "a", "value": "%%"}'])
def test_unreadable_signature_is_refused(package: TinyPackage, content: bytes) -> None:
    replace_signature(package, content)
    with pytest.raises(SignatureInvalid, match="unreadable"):
        load(package)


def test_signature_by_another_key_is_refused(package: TinyPackage) -> None:
    manifest = (package.folder / MANIFEST_NAME).read_bytes()
    forged = sign_manifest(manifest, Ed25519PrivateKey.generate())
    replace_signature(package, forged)
    with pytest.raises(SignatureInvalid, match="it is signed by key"):
        load(package)
    # Claiming the right key does not help.
    claimed = msgspec.structs.replace(
        msgspec.json.decode(forged, type=Signature), key_id=signature_of(make_same_key(package)).key_id
    )
    replace_signature(package, msgspec.json.encode(claimed))
    with pytest.raises(SignatureInvalid, match="does not match"):
        load(package)


def make_same_key(package: TinyPackage) -> TinyPackage:
    """Sign the package again as it should be."""
    manifest = (package.folder / MANIFEST_NAME).read_bytes()
    replace_signature(package, sign_manifest(manifest, package.key))
    return package


def test_pinned_and_signed_nonsense_is_no_manifest(package: TinyPackage) -> None:
    (package.folder / MANIFEST_NAME).write_bytes(b"[]")
    make_same_key(package)
    with pytest.raises(PackageUnloadable, match=r"manifest\.json at .* Expected `object`"):
        load(package, msgspec.structs.replace(package.pin, digest=sha256_digest(b"[]")))


def test_package_of_another_contract_is_refused(package: TinyPackage) -> None:
    loaded = load(package)
    require_contract(loaded, CONTRACT)
    other: Contract = msgspec.structs.replace(CONTRACT, feature_version="2")
    with pytest.raises(ContractMismatch, match="this code serves " + other.digest()):
        require_contract(loaded, other)


def test_only_an_ed25519_key_in_pem_form_is_a_public_key(package: TinyPackage) -> None:
    path = package.folder / "key.pem"
    with pytest.raises(SettingsError, match="No public key in PEM form"):
        read_public_key(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(SettingsError, match="No public key in PEM form"):
        read_public_key(path)
    other = generate_private_key(public_exponent=65537, key_size=2048).public_key()
    path.write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(SettingsError, match="not an Ed25519 key"):
        read_public_key(path)
    assert read_public_key(package.public_key) == package.key.public_key()
