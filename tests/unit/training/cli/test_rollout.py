"""The commands with a cluster in place of a home: what they pin, what they lock, what they say."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.apiserver import ApiServer
from tests.support.cluster import (
    NAMESPACE,
    add_deployment,
    connect,
    make_pin,
    pinned,
    read,
    undo,
    write_kubeconfig,
)
from tests.support.commands import CommandLine
from tests.support.homes import add_champion, add_version
from tests.support.tiny_pipeline import TinyPipeline
from training.core.pins import read_pin
from training.rollout import names
from training.rollout.lease import Lease


@pytest.fixture
def ekiben(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Commands against a home's registry and the server's Deployments."""
    command_line = CommandLine(tmp_path / "home", monkeypatch)
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, server)))
    monkeypatch.setenv("EKIBEN_KUBE_CONTEXT", "staging")
    monkeypatch.setenv("EKIBEN_PINS", "cluster")
    monkeypatch.setenv("EKIBEN_LOCK_TIMEOUT_SECONDS", "0.1")
    return command_line


def note(text: str) -> TinyPipeline:
    return TinyPipeline(note=text)


def reconcile(ekiben: CommandLine) -> dict[str, str]:
    """Look once; return what is said about the one Deployment."""
    (facts,) = ekiben.json("reconcile", "--once")
    return dict(facts)


def test_promotion_leaves_the_pin_to_the_reconciler(ekiben: CommandLine, server: ApiServer) -> None:
    add_deployment(server)
    add_version(ekiben.bench, note("a"))
    ekiben.json("promote", "tiny")
    assert read_pin(ekiben.home, "tiny") is None
    assert pinned(server) == ""
    facts = reconcile(ekiben)
    assert (facts["pinned"], facts["done"], facts["reached"]) == ("1", "pin", "no")
    assert pinned(server) == "1"
    assert reconcile(ekiben)["done"] == "follow"


def test_hold_is_told_and_resumed_from_the_command_line(ekiben: CommandLine, server: ApiServer) -> None:
    path = add_deployment(server)
    for text in ("a", "b"):
        add_champion(ekiben.bench, note(text))
        reconcile(ekiben)
    first = ekiben.bench.registry.pin("tiny", "1")
    undo(server, path, first)
    assert reconcile(ekiben)["done"] == "hold"
    add_version(ekiben.bench, note("c"), compared_with="2")
    promoted = ekiben.run("promote", "tiny")
    assert "On hold, so nothing changes there: shop/tiny" in promoted.stderr
    assert reconcile(ekiben)["pinned"] == "1"
    resumed = ekiben.run("promote", "tiny", "--resume")
    assert resumed.exit_code == 0
    assert "version 3 is pinned on shop/tiny" in resumed.stderr
    assert pinned(server) == "3"
    assert reconcile(ekiben)["done"] == "follow"
    assert read(server).metadata.labels[names.HOLD_LABEL] == "false"
    assert "no Deployment: all of them pin it" in ekiben.run("promote", "tiny", "--resume").stderr


def test_rollback_ends_the_hold_that_an_undo_began(ekiben: CommandLine, server: ApiServer) -> None:
    path = add_deployment(server)
    for text in ("a", "b"):
        add_champion(ekiben.bench, note(text))
        reconcile(ekiben)
    undo(server, path, ekiben.bench.registry.pin("tiny", "1"))
    reconcile(ekiben)
    rolled_back = ekiben.run("rollback", "tiny")
    assert rolled_back.exit_code == 0
    assert "On hold" not in rolled_back.stderr
    assert reconcile(ekiben)["done"] == "follow"


def test_rollback_is_not_repeated_while_the_cluster_lags(ekiben: CommandLine, server: ApiServer) -> None:
    add_deployment(server)
    for text in ("a", "b", "c"):
        add_champion(ekiben.bench, note(text))
    reconcile(ekiben)
    assert ekiben.json("rollback", "tiny")["version"] == "2"
    assert ekiben.json("rollback", "tiny")["version"] == "2", "the bad one is still pinned: the same rollback"
    reconcile(ekiben)
    assert ekiben.json("rollback", "tiny")["version"] == "1"


def test_prune_keeps_what_a_replicaset_still_has(
    ekiben: CommandLine, server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = add_deployment(server)
    for text in "abcd":
        add_version(ekiben.bench, note(text), gate="refused")
    owners = [{"kind": "Deployment", "name": "tiny", "uid": server.get(path)["metadata"]["uid"]}]
    metadata = {"labels": {names.VERSION: "1"}, "ownerReferences": owners}
    server.add(f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets/tiny-1", {"metadata": metadata})
    monkeypatch.setenv("EKIBEN_RETENTION_VERSIONS", "1")
    assert ekiben.json("prune", "tiny") == {"model": "tiny", "removed": ["3", "2"]}
    assert "none" in ekiben.run("prune", "tiny").stdout


def test_models_show_what_every_deployment_pins(ekiben: CommandLine, server: ApiServer) -> None:
    add_champion(ekiben.bench, note("a"))
    add_deployment(server, pin=make_pin("1"), mode="git")
    add_deployment(server, "fresh")
    shown = ekiben.run("models").stdout
    assert "shop/tiny" in shown
    assert "git" in shown
    assert "shop/fresh" in shown
    assert "shop/tiny" in ekiben.run("models", "tiny").stdout
    assert "shop/tiny" not in ekiben.run("models", "tiny", "--version", "1").stdout


def test_champion_of_the_registry_answers_predictions(ekiben: CommandLine) -> None:
    assert ekiben.run("predict", "tiny", "{}").exit_code == 4
    add_champion(ekiben.bench, note("a"))
    answer = ekiben.json("predict", "tiny", '{"height": 1, "weight": 2, "speed": 3}')
    assert answer["model_version"] == "1"


def test_lock_of_another_command_is_waited_for_and_named(ekiben: CommandLine, server: ApiServer) -> None:
    add_version(ekiben.bench, note("a"))
    with Lease(connect(server), NAMESPACE, "ekiben-aliases-tiny").holding(0):
        refused = ekiben.run("promote", "tiny")
    assert refused.exit_code == 7
    assert "lease shop/ekiben-aliases-tiny, held by" in refused.stderr


def test_cluster_that_is_away_is_a_sentence(ekiben: CommandLine, server: ApiServer) -> None:
    server.broken = 500
    refused = ekiben.run("prune", "tiny")
    assert refused.exit_code == 7
    assert "the server is out of order" in refused.stderr


def test_single_look_that_fails_ends_with_seven(ekiben: CommandLine, server: ApiServer) -> None:
    add_deployment(server)
    add_champion(ekiben.bench, note("a"))
    server.forbidden = {"deployments/tiny"}
    failed = ekiben.run("reconcile", "--once", "--namespace", NAMESPACE)
    assert failed.exit_code == 7
    assert "forbids PATCH" in failed.stdout


def test_every_namespace_can_be_asked_for(ekiben: CommandLine, server: ApiServer) -> None:
    add_deployment(server)
    assert ekiben.run("reconcile", "--once", "--all-namespaces").exit_code == 0
    assert "/apis/apps/v1/deployments" in server.asked("GET")


def test_home_has_nothing_to_resume(ekiben: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_PINS", "file")
    refused = ekiben.run("promote", "tiny", "--resume")
    assert refused.exit_code == 2
    assert "EKIBEN_PINS=cluster" in refused.stderr


def test_reconciler_as_a_process_pins_and_ends_with_a_signal(
    ekiben: CommandLine, server: ApiServer, tmp_path: Path
) -> None:
    add_deployment(server)
    add_champion(ekiben.bench, note("a"))
    command = [sys.executable, "-m", "training.cli", "reconcile", "--interval-seconds", "0.2", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ, text=True)
    assert process.stdout is not None
    with process.stdout as lines:
        events = (json.loads(line)["event"] for line in lines)
        assert any("pinned sha256:" in event for event in events)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert pinned(server) == "1"
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{names.RECONCILER_LEASE}"
    assert server.get(lease)["spec"]["holderIdentity"] == ""
