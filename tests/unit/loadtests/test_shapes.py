"""Shapes keep their form at any size."""

import pytest

from loadtests.settings import LoadSettings, ShapeName, read_settings
from loadtests.shapes import SHAPES, plan, target, throughput_scale


def _users(settings: LoadSettings) -> list[int | None]:
    """The users in the middle of each tenth of the run, and after its end."""
    shape = plan(settings)
    moments = [(tenth + 0.5) / 10 * shape.duration_seconds for tenth in range(11)]
    return [found.users if (found := target(shape, moment)) else None for moment in moments]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("steady", [100] * 10),
        ("soak", [100] * 10),
        ("step", [25, 25, 50, 50, 50, 75, 75, 100, 100, 100]),
        ("spike", [10, 10, 10, 100, 100, 100, 10, 10, 10, 10]),
    ],
)
def test_users_follow_the_shape_and_end_with_it(shape: ShapeName, expected: list[int]) -> None:
    assert _users(read_settings(shape=shape, users=100, duration_seconds=30)) == [*expected, None]


def test_a_spike_comes_at_once_and_a_steady_load_slowly() -> None:
    spike = target(plan(read_settings(shape="spike", users=1000, duration_seconds=100)), 50.0)
    steady = target(plan(read_settings(shape="steady", users=1000, duration_seconds=100)), 50.0)
    assert spike
    assert steady
    assert (spike.users_per_second, steady.users_per_second) == (900.0, 100.0)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_there_is_always_a_user_and_a_pace(shape: ShapeName) -> None:
    smallest = plan(read_settings(shape=shape, users=1, duration_seconds=1))
    moments = (target(smallest, hundredth / 100) for hundredth in range(100))
    assert all(found and found.users == 1 and found.users_per_second >= 1 for found in moments)


def test_steps_are_in_order_and_fill_the_shape() -> None:
    for shape in SHAPES.values():
        ends = [step.until for step in shape.steps]
        assert ends == sorted(ends)
        assert ends[-1] == 1.0


def test_marks_for_throughput_follow_users_and_pace() -> None:
    assert throughput_scale(read_settings()) == 1.0
    assert throughput_scale(read_settings(users=10)) == 0.5
    assert throughput_scale(read_settings(requests_per_second_per_user=30, duration_seconds=5)) == 3.0
