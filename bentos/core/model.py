"""From settings to a loaded model that has proved itself."""

import importlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bentos.core.cache import PackageCache
from bentos.core.errors import EkibenError, PackageNotFound, PackageUnloadable, SettingsError
from bentos.core.inference_protocol.tensor_model import TensorModel
from bentos.core.manifest import MANIFEST_NAME
from bentos.core.package import PIN_NAME, ModelPackage, Pin, load_package, read_public_key, require_contract
from bentos.core.routing import Predictor, Route, ServiceDefinition
from bentos.core.settings import ModelSettings
from bentos.core.threads import run_within

MODEL_FOLDER = "model"
"""Where, beside a service's code, the package lies that is baked into its image."""

PUBLIC_KEY_NAME = "public.pem"

NO_MODEL_NAME = "no-model.txt"
"""In the folder for the package, it says that the image is meant to have none: it serves what is pinned in a
registry."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that is safe to answer with."""

    package: ModelPackage
    predictor: Predictor
    routes: tuple[Route, ...]
    tensors: TensorModel | None = None


def find_definition(name: str) -> ServiceDefinition:
    """Return the definition of a service: `battle`, or `package.module:ATTRIBUTE`. Raises SettingsError."""
    module_name, _, attribute = (
        name.partition(":") if ":" in name else (f"bentos.{name}.definition", "", "DEFINITION")
    )
    try:
        definition = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise SettingsError(f"There is no service {name!r}: {error}.") from error
    if not isinstance(definition, ServiceDefinition):
        raise SettingsError(f"{name!r} is not a ServiceDefinition.")
    return definition


def staged_folder(definition: ServiceDefinition) -> Path:
    """Return the folder beside the service's code for the package of its image; it need not exist."""
    package_name = definition.bento.partition(":")[0].rpartition(".")[0]
    spec = find_spec(package_name)
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError(f"{definition.bento} is not in a package.")
    return Path(spec.submodule_search_locations[0]) / MODEL_FOLDER


def find_pin(definition: ServiceDefinition, settings: ModelSettings) -> tuple[Pin, Ed25519PublicKey]:
    """Return which package to serve and whose signature to trust.

    Raises SettingsError if a setting is missing or there is no key, PackageNotFound if nothing is staged.
    """
    folder = staged_folder(definition)
    key_path = settings.public_key or folder / PUBLIC_KEY_NAME
    pin = _read_pin(folder, definition.name) if settings.source == "image" else _pin_of(settings)
    return pin, read_public_key(key_path)


def load_model(definition: ServiceDefinition, settings: ModelSettings) -> LoadedModel:
    """Fetch, verify, load and self-test the pinned model.

    Raises PackageError or SettingsError; whatever comes out of a package that can't be read becomes one of
    them.
    """
    package = fetch_package(definition, settings)
    require_contract(package, definition.contract)
    try:
        predictor = definition.load(package, settings.threads)
        predictor.self_test()
        routes = tuple(definition.routes(predictor))
        tensors = None if definition.tensors is None else definition.tensors(predictor)
    except EkibenError:
        raise
    except Exception as error:
        raise PackageUnloadable(
            f"The package of {definition.name}", package.pin.digest, f"{type(error).__name__}: {error}"
        ) from error
    return LoadedModel(package, predictor, routes, tensors)


def fetch_package(definition: ServiceDefinition, settings: ModelSettings) -> ModelPackage:
    """Return the verified package that the settings pin, from the cache if they name one and it is there.

    Raises PackageError or SettingsError.
    """
    pin, key = find_pin(definition, settings)

    def fetch() -> ModelPackage:
        return load_package(pin, key)

    def find() -> ModelPackage:
        if settings.source == "image" or settings.cache is None:
            return fetch()
        return PackageCache(settings.cache).load(pin, key, fetch)

    seconds = settings.fetch_timeout_seconds
    try:
        return run_within(seconds, find)
    except TimeoutError as error:
        raise PackageNotFound(pin.uri, MANIFEST_NAME, f"no answer within {seconds:g} s") from error


def _pin_of(settings: ModelSettings) -> Pin:
    for name, value in (("URI", settings.uri), ("VERSION", settings.version)):
        if not value:
            raise SettingsError(f"EKIBEN_MODEL_SOURCE is registry, but EKIBEN_MODEL_{name} is empty.")
    return Pin(uri=settings.uri, version=settings.version, digest=settings.digest)


def _read_pin(folder: Path, name: str) -> Pin:
    try:
        pin = msgspec.json.decode((folder / PIN_NAME).read_bytes(), type=Pin)
    except OSError as error:
        way_out = (
            f"no model is staged here. Run `ekiben build {name}` or `ekiben serve {name}`, or set "
            "EKIBEN_MODEL_SOURCE=registry and EKIBEN_MODEL_URI, _VERSION, _DIGEST and _PUBLIC_KEY"
        )
        raise PackageNotFound(str(folder), PIN_NAME, way_out) from error
    except msgspec.DecodeError as error:
        raise SettingsError(f"{folder / PIN_NAME} is not a pin: {error}.") from error
    return msgspec.structs.replace(pin, uri=str(folder))
