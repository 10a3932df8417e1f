"""Where pins are put in force, and where the locks lie that guard them: files of the home, or a cluster."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal, Protocol

from training.core.files import locked
from training.core.pins import Rollout, read_pin, write_pin

Purpose = Literal["aliases", "training"]
StillHeld = Callable[[], None]
"""Raises RegistryBusy if the lock was lost since; to be called right before what must not happen twice."""


class Target(Protocol):
    """What promotion and retention have to know of the place where models are served."""

    def pin(self, model: str, rollout: Rollout) -> None:
        """Put a pin in force, or leave it to whoever watches the registry."""
        ...

    def following(self, model: str) -> frozenset[str]:
        """Return the versions that are pinned now wherever the champion is followed."""
        ...

    def needed(self, model: str) -> frozenset[str]:
        """Return every version that is pinned anywhere, or that an undo there could bring back."""
        ...

    def lock(self, model: str, purpose: Purpose, timeout_seconds: float) -> AbstractContextManager[StillHeld]:
        """Hold a lock of the model; it ends with its process. Raises RegistryBusy after the timeout."""
        ...


class HomeTarget:
    """The embedded rollout: one pin file for each model, which the supervisor watches."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def pin(self, model: str, rollout: Rollout) -> None:
        """Write the pin file."""
        write_pin(self._home, model, rollout)

    def following(self, model: str) -> frozenset[str]:
        """Return the version in the pin file. Raises SettingsError if that is unreadable."""
        rollout = read_pin(self._home, model)
        return frozenset([rollout.version] if rollout else [])

    def needed(self, model: str) -> frozenset[str]:
        """Return the version in the pin file. Raises SettingsError if that is unreadable."""
        return self.following(model)

    @contextmanager
    def lock(self, model: str, purpose: Purpose, timeout_seconds: float) -> Iterator[StillHeld]:
        """Hold the kernel's lock on a file: it can't be lost before the process ends."""
        name = f"{model}.lock" if purpose == "aliases" else f"{model}.{purpose}.lock"
        with locked(self._home / "locks" / name, timeout_seconds):
            yield lambda: None
