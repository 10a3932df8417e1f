"""Trouble under moderate load: what callers saw meanwhile, and how long it took to be over."""

from collections.abc import Callable
from typing import Any

from tests.e2e.support.figures import Figures
from tests.e2e.support.load import failing_seconds, load
from tests.e2e.support.platform import Platform
from tests.e2e.support.service import CALLER, Service
from tests.e2e.support.waiting import Stopwatch

NAME = "5 faults"
PER_SECOND = 100

Seen = dict[str, dict[str, Any]]


def trouble(
    platform: Platform, figures: Figures, what: str, hurt: Callable[[], object], heal: Callable[[], object]
) -> Seen:
    """Hurt something, heal it, wait until all pods are well, and return what callers saw of it.

    The time until it is over counts from the moment when it began to heal: for what nobody has to heal, that
    is when it was hurt.
    """
    service = platform.battle
    with load(platform.cluster, CALLER, host=service.name, key=service.key, per_second=PER_SECOND) as caller:
        caller.phase("trouble")
        hurt()
        watch = Stopwatch()
        heal()
        service.wait_settled()
        figures.add(NAME, f"{what}: recovered after", watch.seconds, "s")
        caller.phase("afterwards")
    tell(figures, what, caller.result)
    require_well(service)
    return caller.result


def tell(figures: Figures, what: str, seen: Seen) -> None:
    """Record what callers saw."""
    for mode, result in seen.items():
        kinds = ", ".join(f"{count} {kind}" for kind, count in result["failures"].items()) or "nothing"
        over = f" within {failing_seconds(result)} s" if result["failed"] else ""
        figures.add(NAME, f"{what}: lost of {result['requests']}, {mode} connections", kinds + over)


def require_none_lost(seen: Seen) -> None:
    """Raise AssertionError unless every request got a good answer."""
    assert [result["examples"] for result in seen.values()] == [[] for _ in seen]


def require_well(service: Service) -> None:
    """Raise AssertionError unless the service answers with the model that it is pinned to."""
    answer = service.ask()
    assert (answer.status, answer.json.get("model_version")) == (200, service.pinned()), answer
