"""Calls against a real HTTP server: what is asked, and which error an answer becomes."""

import socket
from pathlib import Path

import pytest

from bentos.core.errors import SettingsError
from tests.support.apiserver import ApiServer
from tests.support.cluster import DEPLOYMENTS, add_deployment, connect, write_kubeconfig
from training.rollout import api as module
from training.rollout.api import explain_refusal, open_api
from training.rollout.errors import (
    AccessDenied,
    ClusterError,
    ClusterUnavailable,
    FieldsOwned,
    ObjectChanged,
    ObjectMissing,
    RequestRefused,
)
from training.rollout.objects import Deployment


def test_list_is_read_in_pages(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE_SIZE", 2)
    for number in range(5):
        add_deployment(server, f"tiny-{number}")
    found = list(connect(server).list_all([DEPLOYMENTS], Deployment, "ekiben.io/model"))
    assert [one.metadata.name for one in found] == [f"tiny-{number}" for number in range(5)]
    assert server.asked("GET") == [DEPLOYMENTS] * 3


def test_every_namespace_is_one_question(server: ApiServer) -> None:
    add_deployment(server)
    server.add("/apis/apps/v1/namespaces/other/deployments/far", {"metadata": {"labels": {"a": "b"}}})
    found = connect(server).list_all(["/apis/apps/v1/deployments"], Deployment)
    assert sorted(one.label for one in found) == ["other/far", "shop/tiny"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AccessDenied),
        (403, AccessDenied),
        (404, ObjectMissing),
        (409, ObjectChanged),
        (410, ClusterUnavailable),
        (422, RequestRefused),
        (429, ClusterUnavailable),
        (500, ClusterUnavailable),
    ],
)
def test_each_refusal_is_an_error_of_ours(server: ApiServer, status: int, error: type[ClusterError]) -> None:
    server.broken = status
    with pytest.raises(error):
        connect(server).get(f"{DEPLOYMENTS}/tiny", Deployment)


def test_owners_of_fields_are_named() -> None:
    body = (
        b'{"reason":"Conflict","details":{"causes":[{"reason":"FieldManagerConflict","field":".spec.x",'
        b'"message":"conflict with \\"kubectl-rollout\\" using apps/v1 at 2026-11-22T00:00:00Z"}]}}'
    )
    error = explain_refusal("server", "PATCH /x", 409, body)
    assert isinstance(error, FieldsOwned)
    assert error.owners == {".spec.x": "kubectl-rollout"}


def test_answer_that_is_no_status_is_quoted() -> None:
    assert "<html>bad gateway" in str(explain_refusal("server", "GET /x", 502, b"<html>bad gateway"))


def test_server_that_is_not_there_is_unavailable(server: ApiServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
    with pytest.raises(ClusterUnavailable, match="Connection refused"):
        connect(server).get(f"{DEPLOYMENTS}/tiny", Deployment)


def test_unreadable_answer_is_unavailable(server: ApiServer) -> None:
    add_deployment(server)
    with pytest.raises(ClusterUnavailable, match="unreadable"):
        connect(server).get(f"{DEPLOYMENTS}/tiny", int)


@pytest.mark.parametrize(("namespace", "expected"), [("shop", "shop"), (None, "default")])
def test_named_context_is_used_with_its_namespace(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespace: str | None, expected: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, server, namespace)))
    api = open_api("staging")
    assert api.namespace == expected
    assert list(api.list_all([DEPLOYMENTS], Deployment)) == []


def test_no_context_is_used_that_was_not_named(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, server)))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(SettingsError, match="EKIBEN_KUBE_CONTEXT"):
        open_api("")
    with pytest.raises(SettingsError, match="other"):
        open_api("other")
    assert server.requests == []


def test_pod_without_a_service_account_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(SettingsError, match="Service token file does not exist"):
        open_api("")
