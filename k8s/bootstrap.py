"""`python -m k8s.bootstrap --context NAME`: make the platform's namespace, and the Secrets of its charts.

What is there already stays as it is, so the command can be repeated. Charts never make Secrets themselves: a
template that does would make other ones each time it is rendered.
"""

import argparse
import base64
import hashlib
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kubernetes import config
from kubernetes.client import ApiClient, Configuration, CoreV1Api, V1Namespace, V1ObjectMeta, V1Secret
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from k8s.reaching import reaching
from training.core.keys import signing_key

NAMESPACE = "ekiben"
POD_SECURITY = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
OWNED = {"app.kubernetes.io/part-of": "ekiben"}

DATABASE_URI = "EKIBEN_DATABASE_URI"
"""Environment variable with the SQLAlchemy URL of an own database, instead of the trial one's."""

ANALYST_DATABASE_URL = "EKIBEN_ANALYST_DATABASE_URL"
"""Environment variable with the URL of the analyst's own database, `postgresql://user:password@host/database`."""

_CONFLICT, _NOT_FOUND = 409, 404
_BASIC_AUTH = "kubernetes.io/basic-auth"
_PASSWORD_BYTES = 24
_API_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """A Secret that has to be there, and how its content is made."""

    name: str
    make: Callable[[], dict[str, str]]
    type: str = "Opaque"


class Bootstrap:
    """Makes what is missing in one namespace, and remembers what it did."""

    def __init__(self, client: ApiClient, namespace: str) -> None:
        self._api = CoreV1Api(client)
        self.namespace = namespace
        self.report: list[str] = []

    def ensure_namespace(self) -> None:
        """Make the namespace, with Pod Security at its strictest; labels that are there already stay."""
        labels = {**POD_SECURITY, **OWNED}
        body = V1Namespace(metadata=V1ObjectMeta(name=self.namespace, labels=labels))
        try:
            self._api.create_namespace(body)
        except ApiException as error:
            if error.status != _CONFLICT:
                raise
            metadata = self._api.read_namespace(self.namespace).metadata
            present = (metadata.labels if metadata else None) or {}
            missing = {name: value for name, value in labels.items() if name not in present}
            if missing:
                self._api.patch_namespace(self.namespace, {"metadata": {"labels": missing}})
            self.report.append(f"namespace {self.namespace}: there already")
        else:
            self.report.append(f"namespace {self.namespace}: made")

    def ensure(self, wanted: Wanted) -> bool:
        """Make a Secret unless there is one of that name; return whether it was made."""
        if self.read(wanted.name) is not None:
            self.report.append(f"secret {wanted.name}: there already")
            return False
        metadata = V1ObjectMeta(name=wanted.name, labels=OWNED)
        data = {key: base64.b64encode(value.encode()).decode() for key, value in wanted.make().items()}
        body = V1Secret(metadata=metadata, type=wanted.type, data=data)
        self._api.create_namespaced_secret(self.namespace, body)
        self.report.append(f"secret {wanted.name}: made")
        return True

    def read(self, name: str) -> dict[str, str] | None:
        """Return what a Secret holds, or None if there is none."""
        try:
            found = self._api.read_namespaced_secret(name, self.namespace)
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        return {key: base64.b64decode(value).decode() for key, value in (found.data or {}).items()}


def new_password() -> str:
    """Return a password of 192 random bits, safe in URLs."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def new_api_key() -> str:
    """Return an API key of 256 random bits."""
    return f"ekiben_{secrets.token_urlsafe(_API_KEY_BYTES)}"


def digest(api_key: str) -> str:
    """Return the SHA-256 in hex by which services know a key."""
    return hashlib.sha256(api_key.encode()).hexdigest()


def new_signing_keys() -> dict[str, str]:
    """Return the trainer's key pair in PEM form, by file name."""
    with tempfile.TemporaryDirectory(prefix="ekiben-keys-") as folder:
        private, public = Path(folder, "trainer.pem"), Path(folder, "trainer.pub.pem")
        signing_key(private, public)
        return {path.name: path.read_text() for path in (private, public)}


def trial_database_uri(password: str) -> str:
    """Return the SQLAlchemy URL of the platform's own PostgreSQL."""
    return f"postgresql+psycopg://mlflow:{quote(password, safe='')}@postgresql:5432/mlflow"


def analyst_database() -> dict[str, str]:
    """Return a new account of the trial PostgreSQL: its server reads the password, services the URL."""
    password = new_password()
    return {
        "password": password,
        "url": f"postgresql://analyst:{quote(password, safe='')}@postgresql:5432/analyst",
    }


def account(username: str) -> dict[str, str]:
    """Return a new account of MLflow."""
    return {"username": username, "password": new_password()}


def make_secrets(bootstrap: Bootstrap, database_uri: str, analyst_url: str = "") -> str:
    """Make all Secrets that are missing; return the API key for people if it was made now, else nothing.

    `database_uri` is empty for the platform's own PostgreSQL, whose password is then made too, with the
    analyst's account in it unless `analyst_url` is the address of another one.
    """
    if analyst_url:
        bootstrap.ensure(Wanted("analyst-database", lambda: {"url": analyst_url}))
    elif not database_uri:
        bootstrap.ensure(Wanted("analyst-database", analyst_database))
    if not database_uri:
        bootstrap.ensure(Wanted("postgresql", lambda: {"password": new_password()}))
        database_uri = trial_database_uri((bootstrap.read("postgresql") or {})["password"])
    uris = {"backend-store-uri": database_uri, "auth-database-uri": database_uri}
    for wanted in (
        Wanted("mlflow-database", lambda: uris),
        Wanted("mlflow-admin", lambda: account("admin"), _BASIC_AUTH),
        Wanted("mlflow-client", lambda: account("ekiben"), _BASIC_AUTH),
        Wanted("mlflow-flask", lambda: {"secret-key": new_password()}),
        Wanted("ekiben-signing", new_signing_keys),
        Wanted("ekiben-test-key", lambda: {"api-key": new_api_key()}),
    ):
        bootstrap.ensure(wanted)
    test_key = (bootstrap.read("ekiben-test-key") or {})["api-key"]
    own_key = new_api_key()
    digests = ",".join((digest(own_key), digest(test_key)))
    return own_key if bootstrap.ensure(Wanted("ekiben-api-keys", lambda: {"digests": digests})) else ""


def connect(context: str, kubeconfig: str | None) -> ApiClient:
    """Return a client for the named context. Raises ConfigException."""
    load: Any = config
    configuration = Configuration()
    load.load_kube_config(kubeconfig, context=context, client_configuration=configuration)
    configuration.retries = Retry(1)
    return ApiClient(configuration)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 if all is there now, 1 with a sentence if not. Only the API key goes to stdout."""
    parser = argparse.ArgumentParser(prog="python -m k8s.bootstrap", description=__doc__)
    parser.add_argument("--context", required=True, help="context of the kubeconfig; never the current one")
    parser.add_argument("--kubeconfig", help="file of the kubeconfig, otherwise the usual one")
    parser.add_argument("--namespace", default=NAMESPACE, help=f"default: {NAMESPACE}")
    options = parser.parse_args(arguments)
    try:
        with reaching(options.context) as environment:
            client = connect(options.context, options.kubeconfig or environment.get("KUBECONFIG"))
        bootstrap = Bootstrap(client, options.namespace)
        bootstrap.ensure_namespace()
        addresses = (os.environ.get(name, "") for name in (DATABASE_URI, ANALYST_DATABASE_URL))
        api_key = make_secrets(bootstrap, *addresses)
    except ConfigException as error:
        sys.stderr.write(f"No such context: {error}\n")
        return 1
    except ApiException as error:
        sys.stderr.write(f"The API server refused: {error.status} {error.reason}\n")
        return 1
    except (HTTPError, OSError) as error:
        sys.stderr.write(f"The API server does not answer: {error}\n")
        return 1
    sys.stderr.write("".join(f"{line}\n" for line in bootstrap.report))
    if api_key:
        sys.stderr.write("The API key of the services, shown now and never again:\n")
        sys.stdout.write(f"{api_key}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
