"""The few calls to the Kubernetes API that are needed, typed. The `kubernetes` package brings configuration,
credentials and TLS; its thousands of model classes stay unloaded."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from bentos.core.errors import SettingsError
from training.rollout.errors import (
    AccessDenied,
    ClusterError,
    ClusterUnavailable,
    FieldsOwned,
    ObjectChanged,
    ObjectMissing,
    RequestRefused,
)
from training.rollout.objects import Page, Refusal

PAGE_SIZE = 500
"""Objects asked for at a time, as kubectl does."""
TIMEOUT_SECONDS = (3.0, 10.0)
"""To connect, and to wait for an answer; a call is repeated once if the connection breaks."""

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON = "application/json"

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_OWNER = re.compile(r'conflict with "([^"]+)"')

Item = TypeVar("Item")
Body = Mapping[str, Any]


class Api:
    """Calls to one cluster. Every method raises a ClusterError."""

    def __init__(self, configuration: Any, namespace: str) -> None:
        from kubernetes.client.api_client import ApiClient

        configuration.retries = urllib3.Retry(1, redirect=0, status=0)
        self.namespace = namespace
        """The one that this process runs in, or that its context names."""
        self.server = str(configuration.host)
        make_client: Any = ApiClient
        self._client = make_client(configuration)
        self._client.user_agent = "ekiben"

    def get(self, path: str, kind: type[Item]) -> Item:
        """Read one object."""
        return self._decode(self._send("GET", path), kind)

    def list_all(self, paths: Sequence[str], kind: type[Item], selector: str = "") -> Iterator[Item]:
        """Yield the objects of some collections, a page at a time."""
        for path in paths:
            token = ""
            while True:
                query = {"limit": str(PAGE_SIZE), "labelSelector": selector, "continue": token}
                page = self._decode(self._send("GET", path, query), Page[kind])  # type: ignore[valid-type]
                yield from page.items
                token = page.metadata.next
                if not token:
                    break

    def create(self, path: str, body: Body, kind: type[Item]) -> Item:
        """Make an object in a collection. Raises ObjectChanged if there is one of this name."""
        return self._decode(self._send("POST", path, body=body), kind)

    def replace(self, path: str, body: Body, kind: type[Item]) -> Item:
        """Replace an object. Raises ObjectChanged unless it still has the body's resource version."""
        return self._decode(self._send("PUT", path, body=body), kind)

    def merge(self, path: str, body: Body) -> None:
        """Change some fields of an object, whoever set them."""
        self._send("PATCH", path, body=body, content_type=MERGE)

    def apply(self, path: str, body: Body, kind: type[Item], manager: str, *, force: bool = False) -> Item:
        """Apply fields server-side under a manager's name.

        Raises FieldsOwned if someone else has set one of them to something else and `force` is false,
        ObjectChanged if the uid or resource version in the body is no longer that of the object.
        """
        query = {"fieldManager": manager, "force": "true" if force else ""}
        return self._decode(self._send("PATCH", path, query, body, APPLY), kind)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _decode(self, content: bytes, kind: type[Item]) -> Item:
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.DecodeError as error:
            raise ClusterUnavailable(self.server, f"an answer is unreadable: {error}") from error

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_type: str = JSON,
    ) -> bytes:
        from kubernetes.client.exceptions import ApiException

        headers = {"Accept": JSON} | ({"Content-Type": content_type} if body is not None else {})
        given = [(name, value) for name, value in (query or {}).items() if value]
        try:
            request = self._client.param_serialize(
                method, path, None, given, headers, body, auth_settings=["BearerToken"]
            )
            response = self._client.call_api(*request, _request_timeout=TIMEOUT_SECONDS)
            content: bytes = response.read()
        except (HTTPError, ApiException, OSError) as error:
            raise ClusterUnavailable(self.server, _root_of(error)) from error
        if not 200 <= response.status <= 299:
            raise explain_refusal(self.server, f"{method} {path}", response.status, content)
        return content


def explain_refusal(server: str, action: str, status: int, content: bytes) -> ClusterError:
    """Return the error that an answer with this status code and body is."""
    try:
        refusal = msgspec.json.decode(content, type=Refusal)
    except msgspec.DecodeError:
        refusal = Refusal(message=content.decode(errors="replace")[:200])
    path = action.partition(" ")[2]
    if status in (401, 403):
        return AccessDenied(action, refusal.message)
    if status == 404:
        return ObjectMissing(path)
    if status == 409:
        return _explain_conflict(path, refusal)
    if status in (408, 410, 429) or status >= 500:
        return ClusterUnavailable(server, f"{action} was answered with {status}: {refusal.message}")
    return RequestRefused(action, status, refusal.message)


def _explain_conflict(path: str, refusal: Refusal) -> ClusterError:
    owned = {
        cause.field: _owner(cause.message)
        for cause in refusal.details.causes
        if cause.reason == "FieldManagerConflict"
    }
    return FieldsOwned(path, owned) if owned else ObjectChanged(path, refusal.message)


def _owner(message: str) -> str:
    found = _OWNER.search(message)
    return found.group(1) if found else message


def _root_of(error: BaseException) -> str:
    """Return what went wrong below the HTTP library's own words."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return f"{type(error).__name__}: {error}"


def runs_in_cluster() -> bool:
    """Return whether this process is a pod's."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST"))


def open_api(context: str) -> Api:
    """Connect as the pod's service account, or elsewhere as the named context of the kubeconfig.

    Raises SettingsError if neither is there: no context is ever used that was not named.
    """
    from kubernetes import config
    from kubernetes.client.configuration import Configuration
    from kubernetes.config.config_exception import ConfigException

    load: Any = config
    make_configuration: Any = Configuration
    configuration = make_configuration()
    try:
        if context:
            file = os.environ.get("KUBECONFIG")
            load.load_kube_config(file, context=context, client_configuration=configuration)
            return Api(configuration, _namespace_of(context, file))
        if not runs_in_cluster():
            raise SettingsError("EKIBEN_PINS is cluster, but this is no pod: EKIBEN_KUBE_CONTEXT names one.")
        load.load_incluster_config(client_configuration=configuration)
        return Api(configuration, _NAMESPACE_FILE.read_text().strip())
    except (ConfigException, OSError) as error:
        raise SettingsError(f"The cluster can't be reached with these credentials: {error}") from error


def _namespace_of(context: str, file: str | None) -> str:
    from kubernetes import config

    load: Any = config
    found = [one for one in load.list_kube_config_contexts(file)[0] if one["name"] == context]
    return str(found[0]["context"].get("namespace") or "default")
