"""Fetch and verify a model package: what comes out of here is safe to load, or nothing comes out.

Bytes are held in memory from the moment they are verified, so nothing can change between check and use.
"""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

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
from bentos.core.manifest import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    FileEntry,
    Manifest,
    describe_file,
    explain_distrust,
    sha256_digest,
)
from bentos.core.storage import Storage

CONTRACT_NAME = "contract.json"
PIN_NAME = "pin.json"


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly one model: where its package lies, its registry version, and the digest that it must have."""

    uri: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A verified package: `files` maps each name in the manifest to its bytes, `seals` the manifest's own
    name and that of its signature."""

    pin: Pin
    manifest: Manifest
    files: dict[str, bytes]
    seals: dict[str, bytes] = field(default_factory=dict)


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read an Ed25519 public key in PEM form. Raises SettingsError if there is none at `path`."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(
            f"No public key in PEM form at {path} (EKIBEN_MODEL_PUBLIC_KEY names another one): {error}"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"The public key at {path} is not an Ed25519 key.")
    return key


def load_package(pin: Pin, key: Ed25519PublicKey) -> ModelPackage:
    """Fetch the pinned package and verify digest, signature and every file.

    Raises PackageUnpinned, PackageNotFound, FileAltered, SignatureInvalid or PackageUnloadable; each names
    the file and the digest.
    """
    if not pin.digest:
        raise PackageUnpinned(pin.uri)
    storage = Storage(pin.uri)
    content = _fetch(storage, MANIFEST_NAME)
    if sha256_digest(content) != pin.digest:
        raise FileAltered(pin.uri, MANIFEST_NAME, pin.digest, sha256_digest(content))
    signature = _fetch_optional(storage, SIGNATURE_NAME)
    reason = explain_distrust(content, signature, key)
    if reason or signature is None:
        raise SignatureInvalid(pin.uri, pin.digest, reason or "")
    manifest = _read_manifest(content, pin)
    files = {name: _fetch_verified(storage, name, entry) for name, entry in manifest.files.items()}
    seals = {MANIFEST_NAME: content, SIGNATURE_NAME: signature}
    return ModelPackage(pin=pin, manifest=manifest, files=files, seals=seals)


def require_contract(package: ModelPackage, contract: Contract) -> None:
    """Raise ContractMismatch unless the package was made for exactly this contract."""
    found = sha256_digest(package.files.get(CONTRACT_NAME, b""))
    if found != contract.digest():
        raise ContractMismatch(contract.model, contract.digest(), found)


def _read_manifest(content: bytes, pin: Pin) -> Manifest:
    try:
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise PackageUnloadable(f"{MANIFEST_NAME} at {pin.uri}", pin.digest, str(error)) from error


def _fetch_verified(storage: Storage, name: str, entry: FileEntry) -> bytes:
    content = _fetch(storage, name)
    found = describe_file(content)
    if found != entry:
        raise FileAltered(storage.address, name, f"sha256:{entry.sha256}", f"sha256:{found.sha256}")
    return content


def _fetch_optional(storage: Storage, name: str) -> bytes | None:
    try:
        return _fetch(storage, name)
    except PackageNotFound:
        return None


def _fetch(storage: Storage, name: str) -> bytes:
    try:
        return storage.read(name)
    except FileNotFoundError as error:
        raise PackageNotFound(storage.address, name) from error
    except OSError as error:
        raise PackageNotFound(storage.address, name, str(error).rstrip(".")) from error
