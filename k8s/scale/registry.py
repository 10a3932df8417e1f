"""A real registry, in SQLite, with champions of many models that have no packages."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

from k8s.scale.results import RegistryCost
from training.core.registry import CHAMPION, Registry, Tag
from training.core.session import Session
from training.core.settings import TrainingSettings
from training.rollout.champions import Champions

FIRST_VERSION = "1"
STEADY_READINGS = 5


def open_registry(home: Path) -> Registry:
    """Return the registry of a home; its tables are made at first use."""
    return Registry(Session(TrainingSettings(home=home)))


def promote(registry: Registry, models: Sequence[str]) -> None:
    """Register one more version of each model, and make it champion."""
    for model in models:
        address = f"/store/{model}/{time.time_ns()}"
        tags = {
            Tag.URI: address,
            Tag.DIGEST: hashlib.sha256(address.encode()).hexdigest(),
            Tag.GATE: "passed",
        }
        version = registry.register(model, address, "", tags, "has no package")
        registry.set_alias(model, CHAMPION, version.version)


def crown(registry: Registry, models: Sequence[str], version: str) -> None:
    """Make a version that there is champion of each model."""
    for model in models:
        registry.set_alias(model, CHAMPION, version)


def measure_registry(home: Path, models: int) -> RegistryCost:
    """Measure what it takes to read the champions of so many models, in a registry with nothing else."""
    registry = open_registry(home)
    names = [f"model-{number:04d}" for number in range(models)]
    promote(registry, names)
    champions, wanted = Champions(lambda: registry), frozenset(names)
    first, _ = _read(champions, wanted)
    readings = sorted(_read(champions, wanted) for _ in range(STEADY_READINGS))
    steady, cpu = readings[STEADY_READINGS // 2]
    return RegistryCost(models=models, first_seconds=first, steady_seconds=steady, steady_cpu_seconds=cpu)


def _read(champions: Champions, wanted: frozenset[str]) -> tuple[float, float]:
    """Return the seconds and CPU seconds of one reading."""
    started_at, cpu_before = time.monotonic(), time.process_time()
    champions.read(wanted)
    return time.monotonic() - started_at, time.process_time() - cpu_before
