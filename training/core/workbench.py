"""All that a lifecycle step works with, opened once from the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bentos.core.package import ModelPackage, Pin, load_package, read_public_key
from training.core.files import locked
from training.core.git import GitState, git_state
from training.core.keys import signing_key
from training.core.packaging import PackageStore
from training.core.registry import ModelVersion, Registry
from training.core.session import Session
from training.core.settings import TrainingSettings
from training.core.tracking import Tracking


@dataclass(frozen=True, slots=True)
class Workbench:
    """Registry, tracking, package store and keys of one home."""

    settings: TrainingSettings
    registry: Registry
    tracking: Tracking
    packages: PackageStore

    def load(self, version: ModelVersion) -> ModelPackage:
        """Fetch and verify a version's package. Raises PackageError."""
        pin = Pin(uri=self.locate(version), version=version.version, digest=version.digest)
        return load_package(pin, read_public_key(self.settings.public_key))

    def locate(self, version: ModelVersion) -> str:
        """Return where a version's package lies: where it was put, or, if that folder is gone because the
        home was moved, where today's store has it."""
        today = self.packages.address(version.model, version.digest)
        moved = "://" not in version.uri and not Path(version.uri).exists() and Path(today).exists()
        return today if moved else version.uri

    def key(self) -> Ed25519PrivateKey:
        """Return the trainer's key, made at first use. Raises SettingsError."""
        return signing_key(self.settings.private_key, self.settings.public_key)

    def git(self) -> GitState:
        """Return which code is running."""
        return git_state(Path(__file__).parent, self.settings.git_commit)

    @contextmanager
    def moving_aliases(self, model: str) -> Iterator[None]:
        """Hold the lock under which aliases and the pin change together. Raises RegistryBusy."""
        with locked(self.settings.home / "locks" / f"{model}.lock", self.settings.lock_timeout_seconds):
            yield

    @contextmanager
    def training(self, model: str) -> Iterator[None]:
        """Hold the lock under which a model is trained; a second training does not wait. Raises
        RegistryBusy."""
        with locked(self.settings.home / "locks" / f"{model}.training.lock", timeout_seconds=0):
            yield


def open_workbench(settings: TrainingSettings) -> Workbench:
    """Connect to the registry. Raises RegistryUnavailable."""
    session = Session(settings)
    return Workbench(settings, Registry(session), Tracking(session), PackageStore(settings.store))
