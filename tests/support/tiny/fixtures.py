"""The tiny model as pytest fixtures: imported by the `conftest.py` of whoever needs it."""

from collections.abc import Iterator

import pytest

from bentos.core.gateway import Gateway
from bentos.core.model import LoadedModel, load_model
from bentos.core.settings import ModelSettings
from tests.support.tiny.definition import DEFINITION
from tests.support.tiny.package import TinyPackage, make_package

__all__ = ["gateway", "tiny_model", "tiny_package"]


@pytest.fixture(scope="session")
def tiny_package(tmp_path_factory: pytest.TempPathFactory) -> TinyPackage:
    return make_package(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_model(tiny_package: TinyPackage) -> LoadedModel:
    settings = ModelSettings(
        source="registry",
        uri=tiny_package.pin.uri,
        version=tiny_package.pin.version,
        digest=tiny_package.pin.digest,
        public_key=tiny_package.public_key,
    )
    return load_model(DEFINITION, settings)


@pytest.fixture
def gateway(tiny_model: LoadedModel) -> Iterator[Gateway]:
    """A gateway that is ready and asks for no key."""
    made = Gateway(DEFINITION)
    made.open(tiny_model)
    yield made
    made.close()
