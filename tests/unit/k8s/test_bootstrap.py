"""Namespace and Secrets are made once, and what is there stays as it is."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from bentos.core.auth import parse_digests
from k8s.bootstrap import (
    ANALYST_DATABASE_URL,
    DATABASE_URI,
    POD_SECURITY,
    main,
    new_api_key,
    new_signing_keys,
    trial_database_uri,
)
from tests.support.apiserver import ApiServer, running_apiserver

NAMESPACE = "/api/v1/namespaces/ekiben"
SECRETS = {
    "ekiben-api-keys",
    "ekiben-signing",
    "ekiben-test-key",
    "mlflow-admin",
    "mlflow-client",
    "mlflow-database",
    "mlflow-flask",
}


@pytest.fixture(autouse=True)
def _no_database_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATABASE_URI, raising=False)
    monkeypatch.delenv(ANALYST_DATABASE_URL, raising=False)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with running_apiserver() as running:
        yield running


@pytest.fixture
def kubeconfig(server: ApiServer, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.port}"}}],
                "users": [{"name": "u", "user": {}}],
                "contexts": [{"name": "trial", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "trial",
            }
        )
    )
    return path


def _bootstrap(kubeconfig: Path, context: str = "trial") -> int:
    return main(["--context", context, "--kubeconfig", str(kubeconfig)])


def _secrets(server: ApiServer) -> dict[str, dict[str, str]]:
    """Return what each Secret holds, by its name."""
    prefix = f"{NAMESPACE}/secrets/"
    return {
        path.removeprefix(prefix): {
            key: base64.b64decode(value).decode() for key, value in stored.content["data"].items()
        }
        for path, stored in server.objects.items()
        if path.startswith(prefix)
    }


def test_everything_is_made(server: ApiServer, kubeconfig: Path) -> None:
    assert _bootstrap(kubeconfig) == 0
    assert _secrets(server).keys() == SECRETS | {"postgresql", "analyst-database"}
    assert server.get(NAMESPACE)["metadata"]["labels"].items() >= POD_SECURITY.items()


def test_a_second_run_changes_nothing_and_shows_nothing(
    server: ApiServer, kubeconfig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _bootstrap(kubeconfig)
    before = _secrets(server)
    capsys.readouterr()
    assert _bootstrap(kubeconfig) == 0
    assert _secrets(server) == before
    assert capsys.readouterr().out == ""


def test_the_api_key_is_shown_once_and_is_one_of_the_accepted(
    server: ApiServer, kubeconfig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _bootstrap(kubeconfig)
    shown = capsys.readouterr().out.strip()
    secrets = _secrets(server)
    accepted = parse_digests(secrets["ekiben-api-keys"]["digests"])
    assert hashlib.sha256(shown.encode()).digest() in accepted
    assert hashlib.sha256(secrets["ekiben-test-key"]["api-key"].encode()).digest() in accepted
    assert shown not in json.dumps(secrets)


def test_nothing_else_that_is_secret_is_shown(
    server: ApiServer, kubeconfig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _bootstrap(kubeconfig)
    shown = capsys.readouterr()
    hidden = [value for data in _secrets(server).values() for key, value in data.items() if key != "username"]
    assert [value for value in hidden if value in shown.out + shown.err] == []


def test_the_database_and_its_clients_know_one_password(server: ApiServer, kubeconfig: Path) -> None:
    server.add(f"{NAMESPACE}/secrets/postgresql", {"data": {"password": base64.b64encode(b"p/w").decode()}})
    _bootstrap(kubeconfig)
    # pragma: allowlist nextline secret
    uri = "postgresql+psycopg://mlflow:p%2Fw@postgresql:5432/mlflow"
    assert trial_database_uri("p/w") == uri
    assert _secrets(server)["mlflow-database"] == {"backend-store-uri": uri, "auth-database-uri": uri}


def test_a_database_of_ones_own_needs_no_password_for_the_trial_one(
    server: ApiServer, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATABASE_URI, "postgresql+psycopg://u:p@db/m")
    _bootstrap(kubeconfig)
    assert _secrets(server).keys() == SECRETS
    assert _secrets(server)["mlflow-database"]["auth-database-uri"] == "postgresql+psycopg://u:p@db/m"


def test_the_analysts_address_holds_the_password_that_the_trial_server_gives_its_role(
    server: ApiServer, kubeconfig: Path
) -> None:
    _bootstrap(kubeconfig)
    found = _secrets(server)["analyst-database"]
    assert found["url"] == f"postgresql://analyst:{found['password']}@postgresql:5432/analyst"


@pytest.mark.parametrize("database_uri", ["", "postgresql+psycopg://u:p@db/m"])
def test_the_analyst_may_have_a_database_of_ones_own(
    server: ApiServer, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, database_uri: str
) -> None:
    monkeypatch.setenv(DATABASE_URI, database_uri)
    monkeypatch.setenv(ANALYST_DATABASE_URL, "postgresql://u:p@db/analyst")
    _bootstrap(kubeconfig)
    assert _secrets(server)["analyst-database"] == {"url": "postgresql://u:p@db/analyst"}


def test_what_is_there_stays(server: ApiServer, kubeconfig: Path) -> None:
    mine: dict[str, Any] = {"data": {"username": "Ym9zcw==", "password": "bWluZQ=="}}
    server.add(f"{NAMESPACE}/secrets/mlflow-admin", mine)
    _bootstrap(kubeconfig)
    # pragma: allowlist nextline secret
    assert _secrets(server)["mlflow-admin"] == {"username": "boss", "password": "mine"}


def test_a_namespace_that_is_there_keeps_its_labels(server: ApiServer, kubeconfig: Path) -> None:
    enforce = "pod-security.kubernetes.io/enforce"
    server.add(NAMESPACE, {"metadata": {"labels": {enforce: "baseline", "team": "a"}}})
    assert _bootstrap(kubeconfig) == 0
    labels = server.get(NAMESPACE)["metadata"]["labels"]
    assert (labels[enforce], labels["team"]) == ("baseline", "a")
    assert labels["pod-security.kubernetes.io/warn"] == "restricted"


def test_accounts_are_of_the_type_that_says_so(server: ApiServer, kubeconfig: Path) -> None:
    _bootstrap(kubeconfig)
    types = {name: server.get(f"{NAMESPACE}/secrets/{name}")["type"] for name in SECRETS}
    assert types["mlflow-admin"] == types["mlflow-client"] == "kubernetes.io/basic-auth"
    assert _secrets(server)["mlflow-admin"]["username"] == "admin"
    assert _secrets(server)["mlflow-client"]["username"] == "ekiben"


def test_signing_keys_are_a_pair() -> None:
    keys = new_signing_keys()
    private = load_pem_private_key(keys["trainer.pem"].encode(), password=None)
    assert private.public_key() == load_pem_public_key(keys["trainer.pub.pem"].encode())


def test_api_keys_have_256_bits_and_differ() -> None:
    one, other = new_api_key(), new_api_key()
    assert one != other
    assert len(base64.urlsafe_b64decode(one.removeprefix("ekiben_") + "=")) == 32


def test_a_context_that_is_not_there_is_named(kubeconfig: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _bootstrap(kubeconfig, context="production") == 1
    assert "production" in capsys.readouterr().err


def test_test_cluster_is_known_without_a_kubeconfig(
    server: ApiServer, kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    own = tmp_path / "ekiben/testcluster/state/kubeconfig"
    own.parent.mkdir(parents=True)
    own.write_text(kubeconfig.read_text().replace("trial", "ekiben-testcluster"))
    assert main(["--context", "ekiben-testcluster", "--namespace", "tried"]) == 0
    assert "/api/v1/namespaces/tried" in server.objects


def test_no_context_is_ever_guessed(kubeconfig: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--kubeconfig", str(kubeconfig)])
    assert "--context" in capsys.readouterr().err


def test_a_refusal_is_one_sentence(
    server: ApiServer, kubeconfig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.forbidden.add("secrets")
    assert _bootstrap(kubeconfig) == 1
    assert capsys.readouterr().err == "The API server refused: 403 Forbidden\n"


def test_a_server_that_is_away_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "kubeconfig"
    with running_apiserver() as gone:
        port = gone.port
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}
    context = {"name": "trial", "context": {"cluster": "c", "user": "u"}}
    users = [{"name": "u", "user": {}}]
    path.write_text(
        json.dumps({"clusters": [cluster], "users": users, "contexts": [context], "current-context": "trial"})
    )
    assert _bootstrap(path) == 1
    assert capsys.readouterr().err.startswith("The API server does not answer")
