"""Whatever an operator does to a service under steady load, no caller loses a request.

Callers open a connection for each request, and at the same time others keep theirs; each sort sends at least
10,000 requests while one operation goes on. A Deployment that only has a readiness probe lost 46 of 2,500.
"""

from collections.abc import Callable

import pytest

from tests.e2e.support.figures import Figures
from tests.e2e.support.load import added_p95_ms, load
from tests.e2e.support.platform import Platform
from tests.e2e.support.prometheus import Prometheus
from tests.e2e.support.service import CALLER
from tests.e2e.support.waiting import Stopwatch, wait_until

NAME = "3 under load"
PER_SECOND = 300
AT_LEAST = 10_000

Ride = Callable[[str, Callable[[], object]], None]


@pytest.fixture
def ride(platform: Platform, figures: Figures) -> Ride:
    """Do something to battle under load, wait until it is through, and require that nothing was lost."""

    def under_load(what: str, operate: Callable[[], object]) -> None:
        battle = platform.battle
        orders = {"host": battle.name, "key": battle.key, "per_second": PER_SECOND, "at_least": AT_LEAST}
        with load(platform.cluster, CALLER, **orders) as caller:
            watch = Stopwatch()
            caller.phase("operation")
            operate()
            battle.wait_settled()
            figures.add(NAME, f"{what}: until the last old pod is gone", watch.seconds, "s")
            caller.phase("afterwards")
        for mode, result in caller.result.items():
            lost = f"{result['failed']} of {result['requests']}"
            figures.add(NAME, f"{what}: failed, {mode} connections", lost, "", "0 of ≥ 10,000")
            added = added_p95_ms(result, "operation")
            usual = result["phases"]["steady"]["p95_ms"]
            figures.add(NAME, f"{what}: p95 {usual} ms, added", added, "ms")
        assert {mode: result["failures"] for mode, result in caller.result.items()} == {
            "new": {},
            "kept": {},
        }, caller.result
        assert all(result["requests"] >= AT_LEAST for result in caller.result.values())

    return under_load


def test_rolling_restart(platform: Platform, ride: Ride) -> None:
    before = {pod.uid for pod in platform.battle.pods()}
    ride("rolling update", lambda: platform.handbook.run("restart"))
    assert before.isdisjoint(pod.uid for pod in platform.battle.pods())


def test_model_swap(platform: Platform, ride: Ride) -> None:
    def swap() -> None:
        # Its verdict is older than the champion, so it takes a reason.
        platform.operator.run("promote", "battle", "--version", "1", "--force", "--reason", "a test of swaps")
        platform.battle.wait_pinned("1")

    ride("model swap", swap)
    assert platform.battle.ask().json["model_version"] == "1"


def test_rollback_pins_the_version_before_and_quarantines_the_bad_one(platform: Platform, ride: Ride) -> None:
    def go_back() -> None:
        platform.handbook.run("rollback")
        platform.battle.wait_pinned("2")

    ride("ekiben rollback", go_back)
    versions = {one["version"]: one for one in platform.operator.versions()}
    assert versions["1"]["quarantined"]
    assert versions["2"]["aliases"] == ["champion"]
    assert platform.operator.refused("promote", "battle", "--version", "1") == 3


def test_rollout_undo_is_an_emergency_brake_that_holds_until_resumed(
    platform: Platform, prometheus: Prometheus, ride: Ride, figures: Figures
) -> None:
    battle = platform.battle

    def undo() -> None:
        platform.handbook.run("undo")
        assert battle.pinned() == "1"

    ride("rollout undo", undo)
    assert battle.pinned() == "1"
    assert platform.operator.with_alias("champion") == "2"
    wait_until("hold", lambda: battle.deployment()["metadata"]["labels"]["ekiben.io/hold"] == "true", 30)
    assert battle.has_event("Held")
    wait_until("its alert", lambda: prometheus.fired("5m").get("EkibenRolloutHeld") == "firing", 120, 2)
    figures.add(NAME, "EkibenRolloutHeld after rollout undo", "firing")
    ride("promote --resume", lambda: resume(platform))
    assert battle.ask().json["model_version"] == "2"


def resume(platform: Platform) -> None:
    platform.handbook.run("resume")
    platform.battle.wait_pinned("2")


def test_scale_down(platform: Platform, ride: Ride) -> None:
    platform.handbook.run("scale")
    platform.battle.wait_settled()
    ride("scale down 3 → 1", lambda: platform.cluster.kubectl("scale", "deploy/battle", "--replicas=1"))
    platform.scale("deploy", "battle", 2)
    platform.battle.wait_settled()


def test_helm_upgrade_keeps_the_pin(platform: Platform, ride: Ride) -> None:
    ride("helm upgrade", lambda: platform.upgrade("--set", "battle.server.keepAliveSeconds=80"))
    assert platform.battle.pinned() == "2"
    assert platform.battle.ask().json["model_version"] == "2"


def test_key_rotation(platform: Platform, ride: Ride) -> None:
    """Old and new key are both good for a time; callers change over; then the old one is taken out."""
    battle, old, printed = platform.battle, platform.key, list[str]()
    ride("API key added", lambda: printed.append(platform.handbook.run("key-add")))
    platform.use_key(printed[0].splitlines()[0])
    assert [battle.ask(key=key).status for key in (old, platform.key)] == [200, 200]
    ride("API key dropped", lambda: platform.handbook.run("key-drop"))
    assert [battle.ask(key=key).status for key in (old, platform.key)] == [401, 200]
