"""From a candidate to a signed package in the store, addressed by its digest: `<store>/<model>/<digest
hex>/`."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bentos.core.manifest import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    Manifest,
    describe_file,
    sha256_digest,
    sign_manifest,
)
from bentos.core.package import ModelPackage, Pin, load_package
from bentos.core.storage import Storage
from training.core.errors import ArtifactStoreUnavailable
from training.core.pipeline import TrainingInputs

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RESERVED = frozenset({MANIFEST_NAME, SIGNATURE_NAME})


class SignedPackage(msgspec.Struct, frozen=True):
    """A package before it is stored: every file's bytes, manifest and signature among them, and its
    digest."""

    model: str
    digest: str
    files: dict[str, bytes]


def sign_package(
    model: str, files: Mapping[str, bytes], inputs: TrainingInputs, git_commit: str, key: Ed25519PrivateKey
) -> SignedPackage:
    """Return the package of `files`. Raises ValueError for a file name that is not plain or is reserved."""
    for name in files:
        if name in _RESERVED or not _FILE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} can't be the name of a file in a package.")
    manifest = Manifest(
        model=model,
        contract=inputs.contract,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        git_commit=git_commit,
        data_sha256=inputs.data_sha256,
        inputs_sha256=inputs.digest(),
        seed=inputs.seed,
        parameters=inputs.parameters,
        files={name: describe_file(content) for name, content in files.items()},
    ).encode()
    signed = {**files, SIGNATURE_NAME: sign_manifest(manifest, key), MANIFEST_NAME: manifest}
    return SignedPackage(model, sha256_digest(manifest), signed)


class PackageStore:
    """Packages under one folder or bucket, each named by its digest, so none is ever changed."""

    def __init__(self, uri: str) -> None:
        self._uri = uri.rstrip("/")

    def address(self, model: str, digest: str) -> str:
        """Return where the package with this digest lies, or would lie."""
        return f"{self._uri}/{model}/{digest.removeprefix('sha256:')}"

    def put(self, package: SignedPackage) -> str:
        """Store the package and return its address; storing it twice changes nothing.

        The manifest is written last: until then nothing can be loaded from the address.
        Raises ArtifactStoreUnavailable.
        """
        address = self.address(package.model, package.digest)
        with self._translated():
            storage = Storage(address)
            if storage.exists(MANIFEST_NAME):
                return address
            for name in sorted(package.files, key=lambda name: name == MANIFEST_NAME):
                storage.write(name, package.files[name])
        return address

    def remove(self, address: str) -> None:
        """Delete a package; one that is gone already is no error. Raises ArtifactStoreUnavailable."""
        if not address.startswith(f"{self._uri}/"):
            return
        with self._translated():
            Storage(address).remove()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArtifactStoreUnavailable(self._uri, str(error)) from error


def copy_package(pin: Pin, key: Ed25519PublicKey, folder: Path) -> ModelPackage:
    """Copy the pinned package into `folder` and verify the copy. Raises as `load_package` does."""
    verified = load_package(pin, key)
    for name, content in {**verified.files, **verified.seals}.items():
        (folder / name).write_bytes(content)
    return load_package(Pin(uri=str(folder), version=pin.version, digest=pin.digest), key)
