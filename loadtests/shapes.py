"""How many users there are at each moment. A shape is a list of steps in shares of its length and its peak,
so that it keeps its form when either is changed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from loadtests.settings import LoadSettings, ShapeName


class Step(NamedTuple):
    """A part of a shape: until this share of the length there is this share of the users, reached within
    `ramp` (a share of the length too)."""

    until: float
    users: float
    ramp: float


class Shape(NamedTuple):
    """A shape with the size that a laptop can make."""

    users: int
    duration_seconds: float
    steps: tuple[Step, ...]


class Target(NamedTuple):
    """How many users there shall be, and how many may come or go in a second."""

    users: int
    users_per_second: float


SHAPES: Mapping[ShapeName, Shape] = MappingProxyType(
    {
        "steady": Shape(users=20, duration_seconds=60.0, steps=(Step(1.0, 1.0, 0.1),)),
        "step": Shape(
            users=40,
            duration_seconds=60.0,
            steps=(
                Step(0.25, 0.25, 0.02),
                Step(0.5, 0.5, 0.02),
                Step(0.75, 0.75, 0.02),
                Step(1.0, 1.0, 0.02),
            ),
        ),
        "spike": Shape(
            users=80,
            duration_seconds=60.0,
            steps=(Step(0.35, 0.1, 0.02), Step(0.6, 1.0, 0.01), Step(1.0, 0.1, 0.01)),
        ),
        "soak": Shape(users=20, duration_seconds=600.0, steps=(Step(1.0, 1.0, 0.05),)),
    }
)


def plan(settings: LoadSettings) -> Shape:
    """Return the chosen shape in the size that the settings ask for."""
    chosen = SHAPES[settings.shape]
    return chosen._replace(
        users=settings.users or chosen.users,
        duration_seconds=settings.duration_seconds or chosen.duration_seconds,
    )


def target(shape: Shape, elapsed_seconds: float) -> Target | None:
    """Return how many users there shall be at a moment, or None once the shape is over."""
    share = elapsed_seconds / shape.duration_seconds
    before = 0.0
    for step in shape.steps:
        if share < step.until:
            ramp_seconds = max(step.ramp * shape.duration_seconds, 1.0)
            users = max(1, round(step.users * shape.users))
            moved = abs(step.users - before) * shape.users
            return Target(users, max(1.0, moved / ramp_seconds))
        before = step.users
    return None


def throughput_scale(settings: LoadSettings) -> float:
    """Return how many times the requests of the default size these settings make in a second.

    Pass marks for throughput are written for the default size of each shape.
    """
    default_rate = LoadSettings.model_fields["requests_per_second_per_user"].default
    users = plan(settings).users / SHAPES[settings.shape].users
    return users * settings.requests_per_second_per_user / float(default_rate)
