"""All that a lifecycle step works with, opened once from the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bentos.core.package import ModelPackage, Pin, load_package, read_public_key
from training.core.git import GitState, git_state
from training.core.keys import signing_key
from training.core.packaging import PackageStore
from training.core.registry import ModelVersion, Registry
from training.core.session import Session
from training.core.settings import TrainingSettings
from training.core.target import HomeTarget, StillHeld, Target
from training.core.tracking import Tracking


@dataclass(frozen=True, slots=True)
class Workbench:
    """Registry, tracking, package store and keys of one home."""

    settings: TrainingSettings
    registry: Registry
    tracking: Tracking
    packages: PackageStore
    target: Target

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
    def moving_aliases(self, model: str) -> Iterator[StillHeld]:
        """Hold the lock under which aliases and the pin change together. Raises RegistryBusy."""
        with self.target.lock(model, "aliases", self.settings.lock_timeout_seconds) as still_held:
            yield still_held

    @contextmanager
    def training(self, model: str) -> Iterator[StillHeld]:
        """Hold the lock under which a model is trained; a second training does not wait. Raises
        RegistryBusy."""
        with self.target.lock(model, "training", timeout_seconds=0) as still_held:
            yield still_held


def open_workbench(settings: TrainingSettings, target: Target | None = None) -> Workbench:
    """Connect to the registry; without a target, pins and locks are files of the home. Raises
    RegistryUnavailable."""
    session = Session(settings)
    where = target or HomeTarget(settings.home)
    return Workbench(settings, Registry(session), Tracking(session), PackageStore(settings.store), where)
