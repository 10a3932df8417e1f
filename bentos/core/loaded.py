"""The one loaded model of a process, for whoever answers with it: the gateway, and BentoML's instance of a
service."""

import threading

from bentos.core.model import LoadedModel, load_model
from bentos.core.routing import ServiceDefinition
from bentos.core.settings import Settings

_models: dict[str, LoadedModel] = {}
_lock = threading.Lock()


def share_model(definition: ServiceDefinition, model: LoadedModel) -> None:
    """Let `loaded_model` return this one."""
    with _lock:
        _models[definition.name] = model


def loaded_model(definition: ServiceDefinition) -> LoadedModel:
    """Return the model of this process; load it as the settings say if nobody has yet.

    Raises PackageError or SettingsError.
    """
    with _lock:
        if definition.name not in _models:
            _models[definition.name] = load_model(definition, Settings().model)
        return _models[definition.name]
