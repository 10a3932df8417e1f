"""The registry of a run is a real one."""

from pathlib import Path

from k8s.scale.registry import measure_registry, open_registry, promote
from tests.support.homes import make_settings
from training.rollout.champions import Champions


def test_promoted_versions_can_be_pinned_and_differ_each_time(tmp_path: Path) -> None:
    make_settings(tmp_path)
    registry = open_registry(tmp_path)
    wanted = frozenset({"model-1", "model-2"})
    promote(registry, sorted(wanted))
    first = Champions(lambda: registry).read(wanted)
    promote(registry, sorted(wanted))
    second = Champions(lambda: registry).read(wanted)
    assert first.keys() == second.keys() == wanted
    assert {pin.version for pin in second.values()} == {"2"}
    assert all(pin.uri and len(pin.digest) == 64 for pin in first.values())
    assert len({pin.digest for pin in (*first.values(), *second.values())}) == 4


def test_cost_of_reading_is_measured_for_the_number_of_models(tmp_path: Path) -> None:
    make_settings(tmp_path)
    cost = measure_registry(tmp_path, 3)
    assert cost.models == 3
    assert cost.first_seconds > 0
    assert cost.steady_seconds > 0
