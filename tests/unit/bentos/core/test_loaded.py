"""One model a process."""

import pytest

from bentos.core import loaded
from bentos.core.errors import PackageNotFound
from bentos.core.loaded import loaded_model, share_model
from bentos.core.model import LoadedModel
from tests.support.tiny.definition import DEFINITION
from tests.support.tiny.package import TinyPackage


@pytest.fixture(autouse=True)
def _nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded, "_models", {})


def test_shared_model_is_not_loaded_again(tiny_model: LoadedModel) -> None:
    share_model(DEFINITION, tiny_model)
    assert loaded_model(DEFINITION) is tiny_model


def test_model_is_loaded_once_as_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, tiny_package: TinyPackage
) -> None:
    for name, value in tiny_package.environment.items():
        monkeypatch.setenv(name, value)
    first = loaded_model(DEFINITION)
    assert first.package.pin == tiny_package.pin
    assert loaded_model(DEFINITION) is first


def test_failure_is_not_kept(monkeypatch: pytest.MonkeyPatch, tiny_package: TinyPackage) -> None:
    with pytest.raises(PackageNotFound):
        loaded_model(DEFINITION)
    for name, value in tiny_package.environment.items():
        monkeypatch.setenv(name, value)
    assert loaded_model(DEFINITION).package.pin.version == "7"
