import os
from pathlib import Path

import pytest

from k8s.testcluster import choose
from k8s.testcluster.choose import Choice
from k8s.testcluster.errors import ContextRefused
from k8s.testcluster.paths import Paths


def _never() -> bool:
    pytest.fail("kind was asked about although a context was named")


def _own_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("named", "choice"),
    [("production", Choice.NAMED), ("ekiben-testcluster", Choice.OWN), ("kind-ekiben", Choice.KIND)],
)
def test_named_context_is_used_whatever_else_is_there(named: str, choice: Choice) -> None:
    assert choose.decide(named, _never) is choice


@pytest.mark.parametrize(("possible", "choice"), [(True, Choice.KIND), (False, Choice.OWN)])
def test_nothing_is_named_so_a_cluster_of_our_own_is_used(possible: bool, choice: Choice) -> None:
    assert choose.decide("", lambda: possible) is choice


def test_named_context_is_reached_by_its_name_and_with_the_users_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _own_kubectl(tmp_path, monkeypatch, f'echo "$@" >> {tmp_path}/calls')
    environment = {"EKIBEN_E2E_CONTEXT": "staging", "KUBECONFIG": f"{tmp_path}/config"}
    target = choose.connect(Paths(tmp_path), environment)
    assert (target.context, target.kubeconfig) == ("staging", tmp_path / "config")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [f"--kubeconfig {tmp_path}/config --context staging get --raw /readyz"]


def test_named_context_that_does_not_answer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _own_kubectl(tmp_path, monkeypatch, "echo 'context was not found' >&2; exit 1")
    with pytest.raises(ContextRefused, match=r"'staging' can't be used: context was not found"):
        choose.connect(Paths(tmp_path), {"EKIBEN_E2E_CONTEXT": "staging", "KUBECONFIG": "/none"})


def test_first_file_of_the_users_is_read(tmp_path: Path) -> None:
    assert choose.user_kubeconfig({"KUBECONFIG": "/a:/b"}) == Path("/a")
    assert choose.user_kubeconfig({}) == Path.home() / ".kube" / "config"
