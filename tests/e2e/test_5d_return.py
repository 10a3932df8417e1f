"""The registry comes back with all that it knew; what was lost in the cluster is made anew from it."""

from tests.e2e.support.faults import NAME, require_none_lost, require_well, trouble
from tests.e2e.support.figures import Figures
from tests.e2e.support.platform import DATABASE, REGISTRY, STORE_CLAIM, Platform
from tests.e2e.support.pods import WORKSHOP, start_workshop
from tests.e2e.support.prometheus import Prometheus
from tests.e2e.support.waiting import Stopwatch, wait_until

OUTAGE_ALERTS = ("EkibenDatabaseDown", "EkibenRegistryDown", "EkibenTrainingFailed")
LONGEST_FOR_SECONDS = 400
FLIP = """
import pathlib, sys
path = pathlib.Path(sys.argv[1], "model.onnx")
content = bytearray(path.read_bytes())
content[-1] ^= 1
path.write_bytes(content)
"""


def test_alerts_fired_during_the_outage(prometheus: Prometheus, figures: Figures) -> None:
    watch = Stopwatch()

    def all_fired() -> bool:
        fired = prometheus.fired("30m")
        if missing := {alert: fired.get(alert) for alert in OUTAGE_ALERTS if fired.get(alert) != "firing"}:
            raise LookupError(missing)
        return True

    wait_until("alerts of the outage", all_fired, LONGEST_FOR_SECONDS, 2)
    figures.add(NAME, "waited for the alerts of the outage", watch.seconds, "s")


def test_registry_returns_with_everything_it_knew(platform: Platform, figures: Figures) -> None:
    def heal() -> None:
        platform.scale("statefulset", DATABASE, 1)
        platform.scale("deploy", REGISTRY, 1)
        wait_until("the registry's answer", platform.operator.versions, 90)

    seen = trouble(platform, figures, "database and registry back", lambda: None, heal)
    require_none_lost(seen)
    assert platform.state() == platform.remembered
    figures.add(NAME, "versions and aliases lost in the outage", 0, "", "0")


def test_corrupt_champion_is_never_served_and_rollback_ends_it(
    platform: Platform, prometheus: Prometheus, figures: Figures
) -> None:
    """Somebody changes a byte in the store after the promotion, which looks at the package, and before pods
    do."""
    start_workshop(platform.cluster, STORE_CLAIM, "ekiben-signing")
    platform.train("third-training")
    bad = platform.operator.versions()[0]
    folder = bad["uri"].removeprefix("file://")
    good = platform.battle.pinned()

    def hurt() -> None:
        version, deployment = bad["version"], f"deployment/{platform.battle.name}"
        platform.cluster.kubectl("rollout", "pause", deployment)
        platform.operator.run("promote", "battle", "--version", version, "--force", "--reason", "a drill")
        wait_until("the pin", lambda: platform.battle.pinned() == version, 60)
        platform.cluster.exec(WORKSHOP, "python", "-c", FLIP, folder)
        platform.cluster.kubectl("rollout", "resume", deployment)
        wait_until(
            "EkibenModelPinNotReached",
            lambda: prometheus.fired("10m").get("EkibenModelPinNotReached") == "firing",
            240,
            2,
        )

    def heal() -> None:
        platform.operator.run("rollback", "battle")
        platform.battle.wait_pinned(good)

    seen = trouble(platform, figures, "corrupt champion", hurt, heal)
    platform.cluster.exec(WORKSHOP, "python", "-c", FLIP, folder)
    require_none_lost(seen)
    assert all(set(result["versions"]) == {good} for result in seen.values())


def test_deployment_that_was_deleted_gets_its_pin_back(platform: Platform, figures: Figures) -> None:
    """Helm makes the Deployment anew without a pin; the registry still knows the champion."""
    battle, version = platform.battle, platform.battle.pinned()
    platform.cluster.kubectl("delete", "deploy", "battle", "--wait=true")
    wait_until("no pod", lambda: battle.pods() == [], 90)
    watch = Stopwatch()
    platform.handbook.run("upgrade")
    battle.wait_pinned(version)
    figures.add(NAME, "Deployment deleted, helm upgrade to serving again", watch.seconds, "s")
    require_well(battle)
