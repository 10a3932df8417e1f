"""CronJob → Job → new version → gate → promotion → reconcile → rolling update → the new version answers."""

import json

from tests.e2e.support.figures import Figures
from tests.e2e.support.load import load
from tests.e2e.support.platform import Platform
from tests.e2e.support.prometheus import Prometheus
from tests.e2e.support.service import CALLER, VERSION
from tests.e2e.support.waiting import Stopwatch, wait_until

NAME = "2 training to answer"


def test_a_new_version_comes_from_the_cronjob_and_passes_its_gate(
    platform: Platform, figures: Figures
) -> None:
    watch = Stopwatch()
    platform.handbook.run("train")
    seconds = watch.seconds
    figures.add(NAME, "second training under way: slice simulated, trained, judged", seconds, "s")
    newest = platform.operator.versions()[0]
    assert newest["version"] == "2"
    assert newest["gate"] == "passed", newest["verdict"]
    assert newest["aliases"] == ["challenger"]
    scores, rival = newest["verdict"]["scores"], newest["verdict"]["champion_scores"]
    gain = round(rival["log_loss"] - scores["log_loss"], 4)
    figures.add(NAME, "log loss below the champion's by", gain, "", "interval above 0")
    assert platform.battle.ask().json["model_version"] == "1"


def test_promotion_reaches_every_pod_without_a_lost_request(platform: Platform, figures: Figures) -> None:
    battle = platform.battle
    with load(platform.cluster, CALLER, host=battle.name, key=battle.key, per_second=100) as caller:
        watch = Stopwatch()
        caller.phase("promotion")
        platform.handbook.run("promote")
        battle.wait_pinned("2", within_seconds=60)
        figures.add(NAME, "ekiben promote to every pod serving it", watch.seconds, "s")
    for mode, result in caller.result.items():
        assert result["failures"] == {}, result["examples"]
        assert set(result["versions"]) == {"1", "2"}
        figures.add(NAME, f"failed of {result['requests']} requests, {mode} connections", 0, "", "0")
    assert battle.ask().json["model_version"] == "2"


def test_labels_events_metrics_registry_and_history_tell_one_story(
    platform: Platform, prometheus: Prometheus
) -> None:
    battle, cluster = platform.battle, platform.cluster
    shown = platform.handbook.run("look")
    row = next(line for line in shown.splitlines() if line.startswith("battle "))
    assert row.split()[-3:] == ["battle", "2", "false"]
    assert platform.operator.with_alias("champion") == "2"
    deployment = battle.deployment()
    assert deployment["metadata"]["annotations"]["ekiben.io/champion-version"] == "2"
    assert {pod.version for pod in battle.pods()} == {"2"}
    pinned = [event["message"] for event in battle.events() if event["reason"] == "Pinned"]
    assert any("version 2" in message for message in pinned), pinned
    history = cluster.kubectl("rollout", "history", "deploy/battle")
    assert "version 2" in history, history
    owners = {
        entry["manager"]
        for entry in json.loads(
            cluster.kubectl("get", "deploy", "battle", "--show-managed-fields", "--output", "json")
        )["metadata"]["managedFields"]
        if f"f:{VERSION}" in json.dumps(entry["fieldsV1"].get("f:spec", {}))
    }
    assert owners == {"ekiben-rollout"}
    inside = f'namespace="{cluster.namespace}"'
    served = f'count(ekiben_model_info{{{inside},job="battle",version="2"}}) or vector(0)'
    wait_until("metrics of both pods", lambda: prometheus.value(served) == 2, 30)
    told = f'ekiben_rollout_info{{{inside},deployment="battle",champion="2",pinned="2"}}'
    wait_until("metrics of the reconciler", lambda: prometheus.value(told) == 1, 30)
