"""The embedded rollout: `<home>/pins/<model>.json` names exactly what is served; the supervisor watches that
file."""

from pathlib import Path

import msgspec

from bentos.core.errors import PackageNotFound, SettingsError
from bentos.core.package import Pin
from training.core.files import write_atomically


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """A pin, and the PEM file of the public key that its package must be signed with."""

    uri: str
    version: str
    digest: str
    public_key: str

    @property
    def pin(self) -> Pin:
        """What the serving process loads."""
        return Pin(uri=self.uri, version=self.version, digest=self.digest)

    def environment(self) -> dict[str, str]:
        """Return the settings with which `python -m bentos.core.serve` serves exactly this package."""
        return {
            "EKIBEN_MODEL_SOURCE": "registry",
            "EKIBEN_MODEL_URI": self.uri,
            "EKIBEN_MODEL_VERSION": self.version,
            "EKIBEN_MODEL_DIGEST": self.digest,
            "EKIBEN_MODEL_PUBLIC_KEY": self.public_key,
        }


def pin_path(home: Path, model: str) -> Path:
    """Return where the pin of a model lies."""
    return home / "pins" / f"{model}.json"


def write_pin(home: Path, model: str, rollout: Rollout) -> None:
    """Put the pin in force: readers see the old one or the new one, never a part."""
    write_atomically(pin_path(home, model), msgspec.json.format(msgspec.json.encode(rollout)) + b"\n")


def read_pin(home: Path, model: str) -> Rollout | None:
    """Return the pin in force, or None before the first promotion. Raises SettingsError if it is
    unreadable."""
    path = pin_path(home, model)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Rollout)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"The pin at {path} is unreadable: {error}") from error


def require_files(model: str, rollout: Rollout) -> None:
    """Raise PackageNotFound, which says what to do, if the pinned folder or the key is where it was no more.

    A pin holds full paths: it does not survive that a checkout or a home is moved. Buckets are not asked.
    """
    reason = (
        "the pin holds full paths, and the checkout or its .ekiben was moved or cleared; "
        f"`ekiben promote {model} --version {rollout.version}` writes the pin again"
    )
    if "://" not in rollout.uri and not Path(rollout.uri).is_dir():
        raise PackageNotFound(rollout.uri, f"package of {model}", reason)
    if not Path(rollout.public_key).is_file():
        raise PackageNotFound(rollout.public_key, f"public key of {model}", reason)
