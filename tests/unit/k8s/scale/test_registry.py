"""The registry of a run is a real one."""

from pathlib import Path

import pytest

from k8s.scale.registry import FIRST_VERSION, crown, measure_registry, open_registry, promote
from tests.support.homes import make_settings
from training.core.registry import Registry
from training.rollout.champions import Champions

MODELS = ["model-1", "model-2"]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    make_settings(tmp_path)
    return open_registry(tmp_path)


def test_promoted_versions_can_be_pinned_and_differ_each_time(registry: Registry) -> None:
    champions = Champions(lambda: registry)
    promote(registry, MODELS)
    first = champions.read(frozenset(MODELS))
    promote(registry, MODELS)
    second = champions.read(frozenset(MODELS))
    assert sorted(first) == sorted(second) == MODELS
    assert {pin.version for pin in second.values()} == {"2"}
    assert all(pin.uri and len(pin.digest) == 64 for pin in first.values())
    assert len({pin.digest for pin in (*first.values(), *second.values())}) == 4


def test_first_champions_come_back(registry: Registry) -> None:
    promote(registry, MODELS)
    promote(registry, MODELS)
    crown(registry, MODELS, FIRST_VERSION)
    found = Champions(lambda: registry).read(frozenset(MODELS))
    assert {pin.version for pin in found.values()} == {FIRST_VERSION}


def test_cost_of_reading_is_measured_for_the_number_of_models(tmp_path: Path) -> None:
    make_settings(tmp_path)
    cost = measure_registry(tmp_path, 3)
    assert cost.models == 3
    assert cost.first_seconds > 0
    assert cost.steady_seconds > 0
