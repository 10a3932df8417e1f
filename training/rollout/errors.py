"""What goes wrong between this code and a cluster: leaves of the one tree in `bentos.core.errors`.

* ClusterError               7  the cluster's API did not do what was asked of it
  - ClusterUnavailable          no answer, or one that says: not now
  - AccessDenied                the service account lacks a permission
  - ObjectMissing               there is no such object (any more)
  - ObjectChanged               it was changed, replaced or made since it was read
  - FieldsOwned                 server-side apply without force met fields that someone else has set
  - RequestRefused              anything else that the API takes for a mistake of ours
  - Unpinnable                  the registry names no package for the champion
"""

from bentos.core.errors import EkibenError


class ClusterError(EkibenError):
    """The cluster's API did not do what was asked of it."""

    exit_code = 7
    reason = "cluster"
    """Label of the metric that counts errors."""


class ClusterUnavailable(ClusterError):
    """No answer, or one that says: not now."""

    reason = "cluster_unavailable"

    def __init__(self, server: str, what: str) -> None:
        super().__init__(f"The cluster at {server} failed: {what}")


class AccessDenied(ClusterError):
    """The service account lacks a permission."""

    reason = "access_denied"

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"The cluster forbids {action}: {message}. Its role has to allow that.")


class ObjectMissing(ClusterError):
    """There is no such object (any more)."""

    reason = "object_missing"

    def __init__(self, path: str) -> None:
        super().__init__(f"The cluster has no {path}.")


class ObjectChanged(ClusterError):
    """The object was changed, replaced or made by someone else since it was read."""

    reason = "object_changed"

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path} was changed by someone else meanwhile: {message}")


class FieldsOwned(ClusterError):
    """Fields of a server-side apply belong to others; `owners` maps each path to who set it."""

    reason = "fields_owned"

    def __init__(self, path: str, owners: dict[str, str]) -> None:
        self.owners = owners
        named = ", ".join(f"{field} by {owner}" for field, owner in sorted(owners.items()))
        super().__init__(f"{path} has fields that were set by others: {named}")


class RequestRefused(ClusterError):
    """The API takes the request for a mistake."""

    reason = "request_refused"

    def __init__(self, action: str, status: int, message: str) -> None:
        super().__init__(f"The cluster refused {action} with status {status}: {message}")


class Unpinnable(ClusterError):
    """The registry's champion names no package."""

    reason = "unpinnable"

    def __init__(self, model: str, version: str) -> None:
        super().__init__(f"{model} version {version} can't be pinned: the registry names no package for it.")
