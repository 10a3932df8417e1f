"""A model package's table of contents, and its Ed25519 signature.

A package is a folder: model files, `contract.json`, `reference.json`, `metrics.json`, `selftest.json`, and
`manifest.json`, which names each of them with its SHA-256. The digest of a package is the SHA-256 of
`manifest.json`; `manifest.sig` signs that same file. So one digest pins every byte, and one signature vouches
for them.
"""

import base64
import hashlib
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"


class FileEntry(msgspec.Struct, frozen=True):
    """One file of a package."""

    sha256: str
    size_bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in a package, and where it came from. `inputs_sha256` names data, parameters and code
    together."""

    format_version: int = 1
    model: str
    contract: str
    created_at: str
    git_commit: str
    data_sha256: str
    inputs_sha256: str
    seed: int
    parameters: dict[str, Any]
    files: dict[str, FileEntry]

    def encode(self) -> bytes:
        """Return the canonical JSON bytes that are digested and signed."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1) + b"\n"


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `manifest.sig`; `value` is base64 of 64 bytes."""

    algorithm: str = "ed25519"
    key_id: str
    value: str


def sha256_digest(content: bytes) -> str:
    """Return `sha256:<hex>` of `content`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def describe_file(content: bytes) -> FileEntry:
    """Return the manifest's entry for a file with these bytes."""
    return FileEntry(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))


def key_id(key: Ed25519PublicKey) -> str:
    """Return the first 16 hex digits of the SHA-256 of the raw public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def sign_manifest(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the bytes of `manifest.sig` for the bytes of `manifest.json`."""
    value = base64.b64encode(key.sign(manifest)).decode()
    return msgspec.json.encode(Signature(key_id=key_id(key.public_key()), value=value)) + b"\n"


def explain_distrust(manifest: bytes, signature: bytes | None, key: Ed25519PublicKey) -> str | None:
    """Return why the signature must not be trusted, or None if it is good."""
    if signature is None:
        return "it has no signature"
    try:
        parsed = msgspec.json.decode(signature, type=Signature)
        value = base64.b64decode(parsed.value, validate=True)
    except (msgspec.DecodeError, ValueError):
        return "its signature is unreadable"
    if parsed.key_id != key_id(key):
        return f"it is signed by key {parsed.key_id}, expected {key_id(key)}"
    try:
        key.verify(value, manifest)
    except InvalidSignature:
        return "its signature does not match"
    return None
