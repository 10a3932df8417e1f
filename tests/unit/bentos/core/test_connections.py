"""How many connections there may be, and for how long their clients may do nothing."""

import resource
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from bentos.core.connections import (
    BODY_SECONDS,
    HEAD_SECONDS,
    OTHER_FILES,
    WRITE_SECONDS,
    Connections,
    Stage,
    Waits,
    allow_connections,
)

KEEP_ALIVE_SECONDS = 75.0


@dataclass(eq=False)
class Watched:
    """A connection that is where it is told to be."""

    at: Stage
    idle_since: float = 0.0
    seen: tuple[Stage, float] | None = None
    given_up: list[Waits] = field(default_factory=list)

    def stage(self) -> Stage:
        return self.at

    def give_up(self, waits: Waits) -> None:
        self.given_up.append(waits)


def watch(*connections: Watched, most: int = 100) -> Connections:
    made = Connections(most, KEEP_ALIVE_SECONDS)
    made.open = set(connections)
    return made


def samples(connections: Connections) -> dict[str, float]:
    return {
        sample.labels.get("reason", sample.name): sample.value
        for metric in connections.collect()
        for sample in metric.samples
    }


LIMITS: list[tuple[Waits, float]] = [
    ("idle", KEEP_ALIVE_SECONDS),
    ("head", HEAD_SECONDS),
    ("body", BODY_SECONDS),
    ("write", WRITE_SECONDS),
]


@pytest.mark.parametrize(("waits", "seconds"), LIMITS)
def test_connection_is_closed_when_its_time_is_over_and_not_before(waits: Waits, seconds: float) -> None:
    connection = Watched(Stage(waits, 1))
    connections = watch(connection)
    connections.sweep(1000.0)
    connections.sweep(1000.0 + seconds - 0.001)
    assert connection.given_up == []
    connections.sweep(1000.0 + seconds)
    assert connection.given_up == [waits]
    assert samples(connections)[waits] == 1
    connections.sweep(2000.0)
    assert connection.given_up == [waits]


@pytest.mark.parametrize(("waits", "seconds"), LIMITS)
def test_progress_begins_the_time_anew(waits: Waits, seconds: float) -> None:
    connection = Watched(Stage(waits, 1))
    connections = watch(connection)
    for step in range(10):
        connection.at = Stage(waits, step)
        connections.sweep(1000.0 + step * (seconds - 1))
    assert connection.given_up == []


def test_client_that_waits_for_us_may_wait() -> None:
    connection = Watched(Stage("no", 0))
    connections = watch(connection)
    connections.sweep(0.0)
    connections.sweep(1e6)
    assert connection.given_up == []


def test_there_is_room_until_there_is_none() -> None:
    connections = watch(*(Watched(Stage("no", 0)) for _ in range(3)), most=4)
    assert connections.make_room()
    connections.open.add(Watched(Stage("no", 0)))
    assert not connections.make_room()
    assert samples(connections)["ekiben_connections"] == 4


def test_room_is_made_by_closing_what_was_idle_for_longest() -> None:
    idle = [Watched(Stage("idle", 1), idle_since=float(since)) for since in (3, 1, 4, 2)]
    busy = [Watched(Stage(waits, 1), idle_since=0.0) for waits in ("no", "body", "write")]
    connections = watch(*idle, *busy, most=6)
    assert connections.make_room()
    assert [one.idle_since for one in idle if one.given_up] == [1, 2]
    assert not any(one.given_up for one in busy)
    assert samples(connections)["crowded"] == 2


def test_of_many_connections_a_share_is_closed_at_once() -> None:
    idle = [Watched(Stage("idle", 1), idle_since=float(since)) for since in range(1000)]
    connections = watch(*idle, most=1000)
    assert connections.make_room()
    assert [one.idle_since for one in idle if one.given_up] == list(range(10))


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_files_are_allowed_as_far_as_they_may_be(limits: tuple[int, int]) -> None:
    hard = limits[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (OTHER_FILES + 200, hard))
    assert allow_connections(100) == 100
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == OTHER_FILES + 200
    assert allow_connections(300) == 300
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (OTHER_FILES + 300, hard)
    assert allow_connections(hard * 2) == hard - OTHER_FILES
