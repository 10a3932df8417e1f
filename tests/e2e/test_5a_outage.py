"""The database and then the registry go away; they stay away until `test_5d_return`, and serving goes on."""

from typing import Any

from tests.e2e.support.faults import NAME, require_none_lost, require_well, tell
from tests.e2e.support.figures import Figures
from tests.e2e.support.load import load
from tests.e2e.support.platform import DATABASE, REGISTRY, TRAINING_SECONDS, Platform
from tests.e2e.support.service import CALLER
from tests.e2e.support.waiting import Stopwatch, wait_until

PER_SECOND = 100
REGISTRY_AWAY = 7
"""What `ekiben` ends with then."""


def test_serving_goes_on_and_new_pods_start_without_the_database(
    platform: Platform, figures: Figures
) -> None:
    platform.remember()
    outage(platform, figures, "PostgreSQL down", "statefulset", DATABASE)
    assert platform.operator.refused("promote", "battle") == REGISTRY_AWAY


def test_serving_goes_on_and_new_pods_start_without_the_registry(
    platform: Platform, figures: Figures
) -> None:
    outage(platform, figures, "MLflow down", "deploy", REGISTRY)
    assert platform.operator.refused("models", "battle") == REGISTRY_AWAY


def outage(platform: Platform, figures: Figures, what: str, kind: str, name: str) -> None:
    """Take a part away under load, and replace a pod meanwhile."""
    battle = platform.battle
    with load(platform.cluster, CALLER, host=battle.name, key=battle.key, per_second=PER_SECOND) as caller:
        caller.phase("trouble")
        platform.scale(kind, name, 0)
        old = battle.ready()[0].name
        watch = Stopwatch()
        platform.cluster.kubectl("delete", "pod", old, "--wait=false")
        wait_until("two that serve", lambda: len([one for one in battle.ready() if one.name != old]) == 2, 90)
        figures.add(NAME, f"{what}: a new pod serves after", watch.seconds, "s")
        battle.wait_settled()
    require_none_lost(caller.result)
    tell(figures, what, caller.result)
    require_well(battle)


def test_training_without_a_registry_fails_and_says_so(platform: Platform) -> None:
    def once(job: dict[str, Any]) -> None:
        job["spec"]["backoffLimit"] = 0

    platform.start_job("hopeless-training", once)
    wait_until(
        "the end of the training",
        lambda: platform.cluster.get("job", "hopeless-training")["status"].get("failed"),
        TRAINING_SECONDS,
        every_seconds=2,
    )
    log = platform.cluster.kubectl("logs", "job/hopeless-training")
    assert "registry" in log.lower(), log
