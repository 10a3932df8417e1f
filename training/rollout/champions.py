"""What the registry wants served: the champion of each model, as a pin."""

from collections.abc import Callable

from bentos.core.package import Pin
from training.core.registry import Registry


class Champions:
    """Asks the registry, which is opened at first use: it may be away when the reconciler starts."""

    def __init__(self, open_registry: Callable[[], Registry]) -> None:
        self._open = open_registry
        self._registry: Registry | None = None
        self._pins: dict[tuple[str, str, int], Pin] = {}

    def read(self, models: frozenset[str]) -> dict[str, Pin]:
        """Return the pin of each of these models that has a champion.

        One question for all of them, and one more for each champion that is new: what a version was
        registered with never changes. Raises RegistryUnavailable or VersionNotFound.
        """
        if self._registry is None:
            self._registry = self._open()
        crowns = [crown for crown in self._registry.champions() if crown.model in models]
        for crown in crowns:
            key = (crown.model, crown.version, crown.registered_at)
            if key not in self._pins:
                self._pins[key] = self._registry.pin(crown.model, crown.version)
        self._pins = {
            (crown.model, crown.version, crown.registered_at): self._pins[
                (crown.model, crown.version, crown.registered_at)
            ]
            for crown in crowns
        }
        return {model: pin for (model, _, _), pin in self._pins.items()}
