"""The table of contents: one content, one text, one digest."""

import hashlib

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bentos.core.manifest import (
    Manifest,
    describe_file,
    explain_distrust,
    key_id,
    sha256_digest,
    sign_manifest,
)

MANIFEST = Manifest(
    model="tiny",
    contract="sha256:0",
    created_at="2026-01-01T00:00:00+00:00",
    git_commit="0" * 40,
    data_sha256="",
    inputs_sha256="",
    seed=1,
    parameters={"b": 1, "a": {"d": 1, "c": 2}},
    files={"z": describe_file(b"z"), "a": describe_file(b"a")},
)


def test_same_content_has_the_same_bytes_whatever_its_order() -> None:
    reordered = msgspec.structs.replace(
        MANIFEST,
        parameters={"a": {"c": 2, "d": 1}, "b": 1},
        files={"a": describe_file(b"a"), "z": describe_file(b"z")},
    )
    assert reordered.encode() == MANIFEST.encode()
    assert msgspec.json.decode(MANIFEST.encode(), type=Manifest) == MANIFEST


def test_files_are_described_by_digest_and_size() -> None:
    entry = describe_file(b"abc")
    assert (entry.sha256, entry.size_bytes) == (hashlib.sha256(b"abc").hexdigest(), 3)
    assert sha256_digest(b"abc") == "sha256:" + entry.sha256


def test_signature_vouches_for_one_content_and_one_key() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    content = MANIFEST.encode()
    signature = sign_manifest(content, key)
    assert explain_distrust(content, signature, key.public_key()) is None
    assert explain_distrust(content + b" ", signature, key.public_key()) == "its signature does not match"
    assert explain_distrust(content, None, key.public_key()) == "it has no signature"
    told = explain_distrust(content, signature, other.public_key()) or ""
    assert key_id(key.public_key()) in told
    assert key_id(other.public_key()) in told
