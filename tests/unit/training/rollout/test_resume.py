"""How a hold ends: the registry agrees with it, or a human says so."""

import pytest

from bentos.core.package import Pin
from tests.support.apiserver import ApiServer
from tests.support.cluster import add_deployment, events, make_pin, make_target, pinned, undo
from tests.support.reconciling import Cluster
from training.rollout import names
from training.rollout.errors import Unpinnable
from training.rollout.resume import resume


@pytest.fixture
def cluster(server: ApiServer) -> Cluster:
    return Cluster(server)


def test_hold_ends_when_the_champion_is_what_was_undone_to(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.crown("1")
    cluster.crown("2")
    undo(cluster.server, path, make_pin("1"))
    cluster.look()
    cluster.crown("1")
    assert cluster.label(names.HOLD_LABEL) == "false"
    assert events(cluster.server)[-1][0] == "Resumed"
    cluster.crown("3")
    assert pinned(cluster.server) == "3", "kubectl still owns the fields, but it agreed with the registry"


def test_undo_after_a_hold_has_ended_is_a_hold_again(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    for version in ("1", "2"):
        cluster.crown(version)
    undo(cluster.server, path, make_pin("1"))
    cluster.look()
    cluster.crown("1")
    cluster.crown("3")
    undo(cluster.server, path, make_pin("1"))
    cluster.look()
    assert pinned(cluster.server) == "1"
    assert cluster.label(names.HOLD_LABEL) == "true"


def test_resume_forces_the_champion_and_the_next_look_says_so(cluster: Cluster) -> None:
    path = add_deployment(cluster.server)
    cluster.crown("1")
    cluster.crown("2")
    undo(cluster.server, path, make_pin("1"))
    cluster.look()
    assert resume(make_target(cluster.server), "tiny", make_pin("2")) == ["shop/tiny"]
    cluster.look()
    assert pinned(cluster.server) == "2"
    assert cluster.label(names.HOLD_LABEL) == "false"
    assert events(cluster.server)[-1][0] == "Resumed"
    cluster.crown("3")
    assert pinned(cluster.server) == "3"


def test_champion_without_a_package_is_not_forced_on_anyone(cluster: Cluster) -> None:
    add_deployment(cluster.server)
    with pytest.raises(Unpinnable):
        resume(make_target(cluster.server), "tiny", Pin(uri="", version="1", digest=""))
    assert pinned(cluster.server) == ""


def test_other_modes_are_not_resumed(cluster: Cluster) -> None:
    add_deployment(cluster.server, mode="git", pin=make_pin("7"))
    assert resume(make_target(cluster.server), "tiny", make_pin("1")) == []
    assert pinned(cluster.server) == "7"
