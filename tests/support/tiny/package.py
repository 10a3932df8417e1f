"""Make a real, signed package of a real, tiny model."""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import xgboost
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
from bentos.core.package import CONTRACT_NAME, Pin
from bentos.core.scorers import OnnxScorer
from tests.support.tiny.api import Leaf, SelfTest
from tests.support.tiny.definition import CONTRACT


@dataclass(frozen=True)
class TinyPackage:
    """A package in a folder, with all that a process needs to trust it."""

    folder: Path
    pin: Pin
    public_key: Path
    key: Ed25519PrivateKey

    @property
    def environment(self) -> dict[str, str]:
        """The settings that make a process serve it."""
        return {
            "EKIBEN_MODEL_SOURCE": "registry",
            "EKIBEN_MODEL_URI": self.pin.uri,
            "EKIBEN_MODEL_VERSION": self.pin.version,
            "EKIBEN_MODEL_DIGEST": self.pin.digest,
            "EKIBEN_MODEL_PUBLIC_KEY": str(self.public_key),
        }


def make_package(folder: Path, version: str = "7", extra: dict[str, bytes] | None = None) -> TinyPackage:
    """Write a package into `folder`, signed with a key that is thrown away afterwards."""
    key = Ed25519PrivateKey.generate()
    files = {**model_files(), **(extra or {})}
    manifest = Manifest(
        model="tiny",
        contract=CONTRACT.digest(),
        created_at="2026-01-01T00:00:00+00:00",
        git_commit="0" * 40,
        data_sha256=sha256_digest(b"data"),
        inputs_sha256=sha256_digest(b"inputs"),
        seed=1,
        parameters={},
        files={name: describe_file(content) for name, content in files.items()},
    ).encode()
    store = folder / "package"
    store.mkdir(parents=True)
    for name, content in {
        **files,
        MANIFEST_NAME: manifest,
        SIGNATURE_NAME: sign_manifest(manifest, key),
    }.items():
        (store / name).write_bytes(content)
    public_key = folder / "public.pem"
    public_key.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return TinyPackage(
        store, Pin(uri=str(store), version=version, digest=sha256_digest(manifest)), public_key, key
    )


@lru_cache(maxsize=1)
def model_files() -> dict[str, bytes]:
    """Train five trees on synthetic leaves and return the files of the model."""
    generator = np.random.default_rng(1)
    rows = generator.uniform(0, 100, size=(400, 2)).astype(np.float32)
    labels = (rows[:, 0] > 2 * rows[:, 1]).astype(np.float32)
    parameters = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1}
    booster = xgboost.train(parameters, xgboost.DMatrix(rows, labels), num_boost_round=5)
    onnx = _to_onnx(booster)
    leaves = [Leaf(float(height), float(width)) for height, width in rows[:5]]
    probabilities = [float(value) for value in OnnxScorer(onnx).score(rows[:5])]
    return {
        "model.ubj": bytes(booster.save_raw("ubj")),
        "model.onnx": onnx,
        "selftest.json": msgspec.json.encode(SelfTest(leaves, probabilities)),
        CONTRACT_NAME: CONTRACT.encode(),
    }


def _to_onnx(booster: xgboost.Booster) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnxmltools import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        model = convert_xgboost(booster, initial_types=[("input", FloatTensorType([None, 2]))])
    content: bytes = model.SerializeToString()
    return content
