"""The reconciler against an API server that knows who owns a field: what it writes, what it leaves alone."""

import pytest
import structlog

from bentos.core.package import Pin
from tests.support.apiserver import ApiServer
from tests.support.cluster import (
    add_deployment,
    events,
    finish_rollout,
    make_pin,
    pinned,
    read,
    undo,
)
from tests.support.reconciling import Cluster
from training.rollout import names


@pytest.fixture
def cluster(server: ApiServer) -> Cluster:
    return Cluster(server)


def test_champion_is_pinned_with_everything_that_tells_who_and_what(cluster: Cluster) -> None:
    add_deployment(cluster.server)
    cycle = cluster.crown("1")
    found = read(cluster.server)
    assert found.pin == make_pin("1")
    assert found.spec.template.metadata.labels[names.VERSION] == "1"
    assert found.metadata.labels[names.VERSION] == "1"
    assert found.metadata.labels[names.HOLD_LABEL] == "false"
    assert found.metadata.annotations[names.CHAMPION] == "1"
    assert found.metadata.annotations[names.CHANGE_CAUSE] == "tiny version 1 is champion"
    assert found.spec.template.metadata.labels["app"] == "tiny"
    assert [reason for reason, _ in events(cluster.server)] == ["Pinned"]
    assert cycle.outcomes[0].action == "pin"
    assert not cycle.failures


def test_second_look_writes_nothing_and_asks_once(cluster: Cluster) -> None:
    for number in range(3):
        add_deployment(cluster.server, f"tiny-{number}")
    cluster.crown("1")
    cluster.server.requests.clear()
    cluster.registry.asked.clear()
    cycle = cluster.look()
    assert [outcome.action for outcome in cycle.outcomes] == ["follow"] * 3
    assert len(cluster.server.requests) == 1
    assert cluster.registry.asked == ["champions"]


def test_new_champion_replaces_the_old_pin(cluster: Cluster) -> None:
    add_deployment(cluster.server)
    cluster.crown("1")
    cluster.crown("2")
    assert pinned(cluster.server) == "2"
    assert ("Pinned", f"tiny version 2 is champion; pinned {make_pin('2').digest}, before: version 1.") in (
        events(cluster.server)
    )


def test_deployment_that_comes_later_or_anew_is_pinned_in_the_next_look(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.crown("1")
    del cluster.server.objects[path]
    add_deployment(cluster.server)
    add_deployment(cluster.server, "second")
    cluster.look()
    assert pinned(cluster.server) == pinned(cluster.server, "second") == "1"


def test_undo_is_a_hold_that_is_told_and_never_overridden(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.crown("1")
    cluster.crown("2")
    undo(cluster.server, path, make_pin("1"), {names.CHAMPION: "1", names.CHANGE_CAUSE: "tiny version 1"})
    cluster.look()
    assert pinned(cluster.server) == "1"
    assert cluster.label(names.VERSION) == "1"
    assert cluster.label(names.HOLD_LABEL) == "true"
    assert read(cluster.server).metadata.annotations[names.CHAMPION] == "2"
    reason, message = events(cluster.server)[-1]
    assert reason == "Held"
    assert "kubectl-rollout" in message
    writes = cluster.writes()
    cluster.look()
    cluster.restart()
    cluster.look()
    assert pinned(cluster.server) == "1"
    assert cluster.writes() == writes + 2, "started anew, it renews the event and tries nothing"
    assert [reason for reason, _ in events(cluster.server)].count("Held") == 1
    cluster.crown("3")
    assert pinned(cluster.server) == "1"


def test_cause_that_someone_annotated_is_no_hold(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.crown("1")

    def annotate(content: dict[str, dict[str, dict[str, str]]]) -> None:
        content["metadata"]["annotations"][names.CHANGE_CAUSE] = "checked by Ann"

    cluster.server.edit(path, annotate, "kubectl-annotate")
    cluster.look()
    assert read(cluster.server).metadata.annotations[names.CHANGE_CAUSE] == "checked by Ann"
    cluster.crown("2")
    assert pinned(cluster.server) == "2"


def test_hand_made_pin_is_held_and_a_removed_one_is_set_again(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.crown("1")
    cluster.server.edit(path, lambda found: _annotate(found, names.URI, "/elsewhere"), "kubectl-edit")
    cluster.look()
    assert cluster.label(names.HOLD_LABEL) == "true"
    cluster.server.edit(path, _unpin, "kubectl-edit")
    cluster.look()
    assert read(cluster.server).pin == make_pin("1")


@pytest.mark.parametrize("mode", ["git", "off"])
def test_other_modes_are_reported_and_never_touched(cluster: Cluster, mode: str) -> None:
    add_deployment(cluster.server, mode=mode, pin=make_pin("7"))
    cycle = cluster.crown("1")
    assert cluster.writes() == 0
    assert cycle.outcomes[0].action == "leave"
    assert pinned(cluster.server) == "7"


def test_registry_away_changes_nothing_and_is_counted(cluster: Cluster) -> None:
    add_deployment(cluster.server)
    cluster.crown("1")
    add_deployment(cluster.server, "second")
    cluster.registry.away = True
    writes = cluster.writes()
    cycle = cluster.look()
    assert cycle.failures == ("registry",)
    assert cluster.writes() == writes
    assert [outcome.champion for outcome in cycle.outcomes] == [make_pin("1")] * 2, "the last that was known"


def test_failure_that_goes_on_is_logged_once_and_again_after_it_was_over(cluster: Cluster) -> None:
    with structlog.testing.capture_logs() as lines:
        for away in (True, True, False, True):
            cluster.registry.away = away
            cluster.look()
    assert [line["reason"] for line in lines if line["log_level"] == "error"] == ["registry", "registry"]


def test_no_champion_yet_is_told_once(cluster: Cluster) -> None:
    add_deployment(cluster.server)
    cluster.look()
    cluster.look()
    assert [reason for reason, _ in events(cluster.server)] == ["NoChampion"]
    assert pinned(cluster.server) == ""


def test_champion_without_a_package_is_an_error_and_the_old_pin_stays(cluster: Cluster) -> None:
    add_deployment(cluster.server)
    cluster.crown("1")
    cluster.registry.champion = Pin(uri="", version="2", digest="")
    cycle = cluster.look()
    assert cycle.failures == ("unpinnable",)
    assert pinned(cluster.server) == "1"
    assert events(cluster.server)[-1] == (
        "ReconcileFailed",
        "tiny version 2 can't be pinned: the registry names no package for it.",
    )


def test_champion_whose_package_lies_nowhere_is_pinned_because_pods_judge(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.crown("1")
    finish_rollout(cluster.server, path)
    assert cluster.look().outcomes[0].reached
    assert not cluster.crown("2").outcomes[0].reached


def test_pods_that_do_not_get_ready_are_told(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.crown("1")

    def fail(content: dict[str, object]) -> None:
        condition = {"type": "Progressing", "status": "False", "message": "has timed out progressing."}
        content["status"] = {"conditions": [condition]}

    cluster.server.edit(path, fail, "kube-controller-manager")
    cluster.look()
    reason, message = events(cluster.server)[-1]
    assert reason == "PinNotReached"
    assert message.endswith("has timed out progressing.")


def test_one_deployment_that_fails_does_not_keep_the_others_from_their_pin(cluster: Cluster) -> None:
    add_deployment(cluster.server, "first")
    add_deployment(cluster.server, "second")
    cluster.server.forbidden = {"deployments/first"}
    cycle = cluster.crown("1")
    assert cycle.failures == ("access_denied",)
    assert pinned(cluster.server, "second") == "1"


def test_deployment_made_anew_meanwhile_is_left_to_the_next_look(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.registry.champion = make_pin("1")
    cluster.registry.meanwhile = lambda: cluster.server.add(path, cluster.server.get(path))
    cycle = cluster.look()
    assert (cycle.failures, cycle.outcomes[0].action) == ((), None)
    assert pinned(cluster.server) == ""
    cluster.registry.meanwhile = lambda: None
    cluster.look()
    assert pinned(cluster.server) == "1"


def test_process_without_the_lease_writes_nothing(cluster: Cluster) -> None:
    add_deployment(cluster.server)
    cluster.may_act = False
    cluster.crown("1")
    assert cluster.writes() == 0


def test_cluster_away_is_counted(cluster: Cluster) -> None:
    cluster.server.broken = 503
    assert cluster.look().failures == ("cluster_unavailable",)


def _annotate(
    content: dict[str, dict[str, dict[str, dict[str, dict[str, str]]]]], key: str, value: str
) -> None:
    content["spec"]["template"]["metadata"]["annotations"][key] = value


def _unpin(content: dict[str, dict[str, dict[str, dict[str, dict[str, str]]]]]) -> None:
    content["spec"]["template"]["metadata"]["annotations"] = {}
