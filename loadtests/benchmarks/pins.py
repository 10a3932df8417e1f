"""Which version of a model was promoted on this machine."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bentos.core.package import Pin
from loadtests.benchmarks.machine import ROOT

PIN_NAMES = ("URI", "VERSION", "DIGEST", "PUBLIC_KEY")


class HomePin(Pin, frozen=True, kw_only=True):
    """What `ekiben promote` writes into the home."""

    public_key: str


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that `make up` and `ekiben` keep everything in."""
    return ROOT / environment.get("EKIBEN_HOME", ".ekiben")


def read_pin(model: str, environment: Mapping[str, str] = os.environ) -> dict[str, str] | None:
    """Return the settings with which a process serves what `ekiben promote` or `make up` pinned, or None."""
    path = home_folder(environment) / "pins" / f"{model}.json"
    if not path.exists():
        return None
    pin = msgspec.json.decode(path.read_bytes(), type=HomePin)
    return pin_settings((pin.uri, pin.version, pin.digest, pin.public_key))


def pin_settings(values: tuple[str, ...]) -> dict[str, str]:
    """Return the settings for what `PIN_NAMES` names."""
    named = zip(PIN_NAMES, values, strict=True)
    return {"EKIBEN_MODEL_SOURCE": "registry"} | {f"EKIBEN_MODEL_{name}": value for name, value in named}
