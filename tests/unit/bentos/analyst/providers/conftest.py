"""A clock that tests move, and retries without pauses."""

import time
from collections.abc import Iterator

import pytest
import stamina


class Clock:
    """What `time.time` says, in seconds."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The breaker's clock; retries and deadlines have another one."""
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def no_pauses() -> Iterator[None]:
    """Retry at once, as often as else."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield
