"""A lock that the cluster keeps and that outlives nobody: a Lease, renewed while its holder works, and free
for others once it has not been renewed for its duration."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import msgspec

from training.core.errors import RegistryBusy
from training.rollout.api import Api
from training.rollout.errors import ClusterError, ObjectChanged, ObjectMissing
from training.rollout.objects import LeaseObject, LeaseSpec

DURATION_SECONDS = 15
"""How long a holder that died keeps others out. Kubernetes' own controllers use the same."""
RENEW_SECONDS = 3.0
TRUSTED_SHARE = 2 / 3
"""Share of the duration after which a holder that could not renew no longer believes itself: well before
anybody else may take over."""
CLOCK_TOLERANCE_SECONDS = 15
"""By how much clocks of two nodes may differ. A lease that was left longer ago than this on top of its
duration is taken at once; a fresher one only after it was watched standing still."""
POLL_SECONDS = 0.5


class Lease:
    """One contender for a Lease. Everything may be called from any thread."""

    def __init__(self, api: Api, namespace: str, name: str, renew_seconds: float = RENEW_SECONDS) -> None:
        self.name = f"lease {namespace}/{name}"
        self._api = api
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._path = f"{self._collection}/{name}"
        self._short_name = name
        self._identity = f"{socket.gethostname()}_{os.getpid()}_{uuid.uuid4().hex[:8]}"
        self._renew_seconds = renew_seconds
        self._mine: LeaseObject | None = None
        self._trusted_until = 0.0
        self._watched: tuple[str, float] = ("", 0.0)
        self._holder = ""
        self._released = threading.Event()
        self._renewing: threading.Thread | None = None

    @property
    def held(self) -> bool:
        """Whether this contender may act: it holds the lease, and renewed it a short while ago."""
        return self._mine is not None and time.monotonic() < self._trusted_until

    @property
    def holder(self) -> str:
        """Who else held it when it was last asked for; empty if nobody did."""
        return self._holder

    def try_acquire(self) -> bool:
        """Take the lease if it is free, and renew it from now on. Raises ClusterError."""
        if self.held:
            return True
        self._stop_renewing()
        asked_at = time.monotonic()
        with suppress(ObjectChanged):
            self._mine = self._take()
        if self._mine is None:
            return False
        self._trust(asked_at)
        self._released.clear()
        self._renewing = threading.Thread(target=self._renew, name=self._short_name, daemon=True)
        self._renewing.start()
        return True

    def release(self) -> None:
        """Give the lease back, so that nobody has to wait for it to expire."""
        self._stop_renewing()
        mine, self._mine = self._mine, None
        if mine is not None:
            freed = msgspec.structs.replace(mine.spec, holder_identity="", renew_time=_now())
            with suppress(ClusterError):
                self._replace(mine, freed)

    @contextmanager
    def holding(self, timeout_seconds: float) -> Iterator[None]:
        """Hold the lease. Raises RegistryBusy if someone else holds it for longer than the timeout, and
        ClusterError."""
        deadline = time.monotonic() + timeout_seconds
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                raise RegistryBusy(f"{self.name}, held by {self._holder or 'another'}", timeout_seconds)
            time.sleep(min(POLL_SECONDS, max(deadline - time.monotonic(), 0)))
        try:
            yield
        finally:
            self.release()

    def require_held(self) -> None:
        """Raise RegistryBusy if the lease was lost since it was acquired."""
        if not self.held:
            raise RegistryBusy(f"{self.name}, which was lost to {self._holder or 'nobody'}", 0)

    def _take(self) -> LeaseObject | None:
        try:
            found = self._api.get(self._path, LeaseObject)
        except ObjectMissing:
            body = self._body(self._spec(transitions=0))
            return self._api.create(self._collection, body, LeaseObject)
        if not self._is_free(found):
            self._holder = found.spec.holder_identity or ""
            return None
        self._holder = ""
        transitions = (found.spec.lease_transitions or 0) + 1
        return self._replace(found, self._spec(transitions))

    def _is_free(self, found: LeaseObject) -> bool:
        spec = found.spec
        if not spec.holder_identity or spec.holder_identity == self._identity:
            return True
        duration = spec.lease_duration_seconds or DURATION_SECONDS
        if _age_seconds(spec.renew_time) > duration + CLOCK_TOLERANCE_SECONDS:
            return True
        seen, since = self._watched
        if seen != found.metadata.resource_version:
            self._watched = (found.metadata.resource_version, time.monotonic())
            return False
        return time.monotonic() - since > duration

    def _renew(self) -> None:
        while not self._released.wait(self._renew_seconds):
            mine, asked_at = self._mine, time.monotonic()
            if mine is None:
                return
            try:
                self._mine = self._replace(mine, msgspec.structs.replace(mine.spec, renew_time=_now()))
                self._trust(asked_at)
            except (ObjectChanged, ObjectMissing):
                if not self._is_still_mine():
                    return
            except ClusterError:
                # Tried again until it works or the lease is no longer trusted; `held` tells.
                continue

    def _is_still_mine(self) -> bool:
        """Look again after a conflict: someone may have added an annotation, or taken the lease."""
        try:
            found = self._api.get(self._path, LeaseObject)
        except ObjectMissing:
            found = None
        except ClusterError:
            return True
        if found is not None and found.spec.holder_identity == self._identity:
            self._mine = found
            return True
        self._holder = (found.spec.holder_identity if found else None) or ""
        self._mine = None
        return False

    def _stop_renewing(self) -> None:
        self._released.set()
        if self._renewing is not None:
            self._renewing.join()
            self._renewing = None

    def _trust(self, since: float) -> None:
        self._trusted_until = since + DURATION_SECONDS * TRUSTED_SHARE

    def _spec(self, transitions: int) -> LeaseSpec:
        now = _now()
        return LeaseSpec(
            holder_identity=self._identity,
            lease_duration_seconds=DURATION_SECONDS,
            acquire_time=now,
            renew_time=now,
            lease_transitions=transitions,
        )

    def _replace(self, found: LeaseObject, spec: LeaseSpec) -> LeaseObject:
        body = self._body(spec, found.metadata.resource_version)
        return self._api.replace(self._path, body, LeaseObject)

    def _body(self, spec: LeaseSpec, resource_version: str = "") -> dict[str, object]:
        metadata = {"name": self._short_name}
        if resource_version:
            metadata["resourceVersion"] = resource_version
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": msgspec.to_builtins(spec),
        }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _age_seconds(renewed: str | None) -> float:
    """Return how long ago an RFC 3339 time was, by our clock; a time that can't be read was just now."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(renewed or "")).total_seconds()
    except (ValueError, TypeError):
        return 0.0
