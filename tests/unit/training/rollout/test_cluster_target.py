"""What promotion and retention learn of a cluster."""

import pytest

from tests.support.apiserver import ApiServer
from tests.support.cluster import NAMESPACE, add_deployment, connect, make_pin, make_target
from training.core.errors import RegistryBusy
from training.core.pins import Rollout
from training.core.settings import TrainingSettings
from training.rollout import names
from training.rollout.cluster_target import open_cluster_target


def add_replicaset(server: ApiServer, name: str, version: str, owner: str) -> None:
    uid = server.get(owner)["metadata"]["uid"]
    owners = [{"kind": "Deployment", "name": owner.rpartition("/")[2], "uid": uid}]
    metadata = {"labels": {names.VERSION: version}, "ownerReferences": owners}
    server.add(f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets/{name}", {"metadata": metadata})


def test_needed_is_what_deployments_and_their_replicasets_pin(server: ApiServer) -> None:
    path = add_deployment(server, pin=make_pin("3"))
    add_deployment(server, "by-hand", mode="git", pin=make_pin("2"))
    add_deployment(server, "fresh")
    add_replicaset(server, "tiny-1", "1", path)
    add_replicaset(server, "tiny-3", "3", path)
    assert make_target(server).needed("tiny") == {"1", "2", "3"}
    assert make_target(server).needed("other") == frozenset()


def test_following_leaves_out_what_humans_pinned(server: ApiServer) -> None:
    add_deployment(server, pin=make_pin("3"))
    add_deployment(server, "by-hand", mode="git", pin=make_pin("2"))
    held = add_deployment(server, "held", pin=make_pin("1"))
    server.edit(held, lambda found: found["metadata"]["labels"].update({names.HOLD_LABEL: "true"}), "x")
    assert make_target(server).following("tiny") == {"3"}


def test_pinning_is_left_to_the_reconciler(server: ApiServer) -> None:
    make_target(server).pin("tiny", Rollout(uri="u", version="1", digest="d", public_key="k"))
    assert server.requests == []


def test_locks_are_leases_by_model_and_purpose(server: ApiServer) -> None:
    target = make_target(server)
    with target.lock("two_words", "aliases", 0) as still_held, target.lock("two_words", "training", 0):
        still_held()
        with pytest.raises(RegistryBusy), target.lock("two_words", "aliases", 0):
            pass
    folder = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
    assert {f"{folder}/ekiben-aliases-two-words", f"{folder}/ekiben-training-two-words"} <= set(
        server.objects
    )


@pytest.mark.parametrize(
    ("setting", "argument", "expected"),
    [("", (), (NAMESPACE,)), ("a, b", (), ("a", "b")), ("a", ("c",), ("c",)), ("*", (), ("*",))],
)
def test_namespaces_come_from_the_command_or_the_settings_or_the_pod(
    server: ApiServer, setting: str, argument: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    target = open_cluster_target(TrainingSettings(namespaces=setting), argument, connect(server))
    assert target.deployments.namespaces == expected
