"""A real, signed package of the tiny battle model, and what a process needs to serve it."""

from pathlib import Path

from bentos.battle.contract import load_contract
from bentos.core.manifest import sha256_digest
from tests.support.tiny_battle import tiny_candidate
from training.core.keys import signing_key
from training.core.packaging import PackageStore, sign_package
from training.core.pins import Rollout
from training.core.pipeline import TrainingInputs

VERSION = "7"


def make_battle_package(folder: Path) -> Rollout:
    """Write the package into a store in `folder`; return the pin that serves it."""
    private_key, public_key = folder / "trainer.pem", folder / "trainer.pub.pem"
    inputs = TrainingInputs(
        data_sha256=sha256_digest(b"data"),
        code_sha256=sha256_digest(b"code"),
        contract=load_contract().digest(),
        parameters={},
        seed=1,
    )
    key = signing_key(private_key, public_key)
    package = sign_package("battle", tiny_candidate().files, inputs, "0" * 40, key)
    uri = PackageStore(str(folder / "packages")).put(package)
    return Rollout(uri=uri, version=VERSION, digest=package.digest, public_key=str(public_key))
