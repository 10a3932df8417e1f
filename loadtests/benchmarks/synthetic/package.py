"""The model as a package that a serving process accepts: signed, with a key that nobody keeps."""

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bentos.core.manifest import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    Manifest,
    describe_file,
    sha256_digest,
    sign_manifest,
)
from bentos.core.package import CONTRACT_NAME
from loadtests.benchmarks.synthetic.definition import CONTRACT, NAME, SelfTest
from loadtests.benchmarks.synthetic.model import SEED, TrainedModel, draw_rows

SELFTEST_ROWS = 32
"""Few enough for ONNX Runtime: the Booster is loaded when a batch first comes, and not by the self-test."""


def write_package(model: TrainedModel, folder: Path) -> dict[str, str]:
    """Write the package into `folder`; return the settings with which a process serves it."""
    key = Ed25519PrivateKey.generate()
    files = _files(model)
    manifest = _manifest(files)
    sealed = {**files, MANIFEST_NAME: manifest, SIGNATURE_NAME: sign_manifest(manifest, key)}
    package, public_key = folder / "package", folder / "public.pem"
    package.mkdir(parents=True, exist_ok=True)
    for name, content in sealed.items():
        (package / name).write_bytes(content)
    public_key.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return {
        "EKIBEN_MODEL_SOURCE": "registry",
        "EKIBEN_MODEL_URI": str(package),
        "EKIBEN_MODEL_VERSION": "1",
        "EKIBEN_MODEL_DIGEST": sha256_digest(manifest),
        "EKIBEN_MODEL_PUBLIC_KEY": str(public_key),
    }


def _files(model: TrainedModel) -> dict[str, bytes]:
    rows = draw_rows(SELFTEST_ROWS, seed=1)
    stored = SelfTest(rows.tolist(), model.score(rows).tolist())
    return {
        "model.ubj": model.ubj,
        "model.onnx": model.onnx,
        "selftest.json": msgspec.json.encode(stored),
        CONTRACT_NAME: CONTRACT.encode(),
    }


def _manifest(files: dict[str, bytes]) -> bytes:
    return Manifest(
        model=NAME,
        contract=CONTRACT.digest(),
        created_at="",
        git_commit="",
        data_sha256=sha256_digest(b"drawn"),
        inputs_sha256=sha256_digest(b"drawn"),
        seed=SEED,
        parameters={},
        files={name: describe_file(content) for name, content in files.items()},
    ).encode()
