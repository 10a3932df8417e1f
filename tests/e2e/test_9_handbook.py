"""What the handbook says about backups, disasters and upgrades works as it stands; all of it was run."""

import json

from tests.e2e.support.connect import next_tag
from tests.e2e.support.figures import Figures
from tests.e2e.support.load import load
from tests.e2e.support.platform import Platform
from tests.e2e.support.pods import start_caller
from tests.e2e.support.service import CALLER
from tests.e2e.support.waiting import Stopwatch, wait_until

NAME = "9 handbook"


def test_upgrade_and_its_rollback(platform: Platform) -> None:
    platform.handbook.run("upgrade")
    assert "deployed" in platform.handbook.run("release-rollback")
    platform.battle.wait_settled()
    assert platform.battle.ask().status == 200


def test_accounts_password_is_rotated(platform: Platform) -> None:
    state = platform.state()
    platform.handbook.run("account")
    assert wait_until("the registry's answer", platform.state, 60) == state


def test_mlflow_is_upgraded_and_services_do_not_notice(platform: Platform, figures: Figures) -> None:
    battle, state = platform.battle, platform.state()
    with load(platform.cluster, CALLER, host=battle.name, key=battle.key, per_second=50) as caller:
        watch = Stopwatch()
        platform.handbook.run("mlflow-upgrade", MLFLOW_TAG=next_tag("mlflow"))
        figures.add(NAME, "MLflow upgraded after", watch.seconds, "s")
    for result in caller.result.values():
        assert result["failures"] == {}, result["examples"]
        figures.add(NAME, f"failed of {result['requests']} meanwhile", 0, "", "0")
    assert platform.state() == state


def test_platform_comes_back_from_its_backup_after_the_namespace_is_gone(
    platform: Platform, figures: Figures
) -> None:
    battle, state, before = platform.battle, platform.state(), platform.battle.ask().json
    watch = Stopwatch()
    platform.handbook.run("backup")
    figures.add(NAME, "backup", watch.seconds, "s")
    platform.cluster.delete_namespace(platform.cluster.namespace)
    watch = Stopwatch()
    for block in ("disaster", "install", "restore", "restore-store"):
        platform.handbook.run(block)
    battle.wait_pinned(before["model_version"], within_seconds=120)
    figures.add(NAME, "from nothing to serving again, with the backup", watch.seconds, "s")
    start_caller(platform.cluster)
    assert battle.ask().json == before
    assert platform.state() == state
    labels = json.loads(
        platform.cluster.kubectl("get", "namespace", platform.cluster.namespace, "--output", "json")
    )["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
