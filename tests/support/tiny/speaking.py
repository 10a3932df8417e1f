"""A gateway of the tiny service that speaks the Open Inference Protocol."""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from bentos.core.gateway import Gateway
from bentos.core.model import LoadedModel
from tests.support.tiny.definition import TinyPredictor
from tests.support.tiny.tensors import DEFINITION, tensors


@pytest.fixture(scope="session")
def speaking_model(tiny_model: LoadedModel) -> LoadedModel:
    return replace(tiny_model, tensors=tensors(cast("TinyPredictor", tiny_model.predictor)))


@pytest.fixture
def speaking(speaking_model: LoadedModel) -> Iterator[Gateway]:
    made = Gateway(DEFINITION)
    made.open(speaking_model)
    yield made
    made.close()
