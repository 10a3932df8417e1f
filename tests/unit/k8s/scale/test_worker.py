"""The measured process is the reconciler itself, and says what its look took."""

import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from k8s.scale.registry import open_registry, promote
from k8s.scale.results import Look
from k8s.scale.worker import answer
from tests.support.apiserver import ApiServer, running_apiserver
from tests.support.cluster import NAMESPACE, add_deployment, finish_rollout, pinned, write_kubeconfig
from tests.support.homes import make_settings


@pytest.fixture(name="server")
def _server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    with running_apiserver() as server:
        make_settings(tmp_path)
        promote(open_registry(tmp_path), ["tiny"])
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, server)))
        monkeypatch.setenv("EKIBEN_KUBE_CONTEXT", "staging")
        monkeypatch.setenv("EKIBEN_PINS", "cluster")
        monkeypatch.setenv("EKIBEN_NAMESPACES", NAMESPACE)
        monkeypatch.setenv("EKIBEN_HOME", str(tmp_path))
        yield server


def test_each_line_is_answered_with_a_look_at_all_services(server: ApiServer) -> None:
    paths = [add_deployment(server, f"tiny-{number}") for number in range(3)]
    answers = io.BytesIO()
    answer(["look\n"], answers)
    assert {pinned(server, f"tiny-{number}") for number in range(3)} == {"1"}
    for path in paths:
        finish_rollout(server, path)
    answer(["look\n", "look\n"], answers)
    first, second, third = [msgspec.json.decode(line, type=Look) for line in answers.getvalue().splitlines()]
    assert (first.pinned, first.reached, first.failures) == (3, 0, 0)
    assert (second.pinned, second.reached) == (third.pinned, third.reached) == (0, 3)
    assert first.seconds > 0
    assert third.page_bytes > 1000
