"""One holder at a time, and none for ever."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.apiserver import ApiServer, Object
from tests.support.cluster import connect
from training.core.errors import RegistryBusy
from training.rollout.lease import Lease

PATH = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/lock"


def contender(server: ApiServer, renew_seconds: float = 3.0) -> Lease:
    return Lease(connect(server), "shop", "lock", renew_seconds)


@pytest.fixture
def first(server: ApiServer) -> Iterator[Lease]:
    lease = contender(server, renew_seconds=0.02)
    yield lease
    lease.release()


def wait_until(condition: Any) -> None:
    """Wait for another thread; fail after long enough for any machine."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def left_behind(server: ApiServer, renewed: str) -> None:
    """Add a lease whose holder died."""
    spec = {"holderIdentity": "dead", "leaseDurationSeconds": 15, "renewTime": renewed}
    server.add(PATH, {"metadata": {}, "spec": spec})


def test_second_contender_waits_for_the_first_to_let_go(server: ApiServer, first: Lease) -> None:
    second = contender(server)
    assert first.try_acquire()
    assert not second.try_acquire()
    assert second.holder == server.get(PATH)["spec"]["holderIdentity"]
    first.release()
    assert second.try_acquire()
    second.release()
    assert server.get(PATH)["spec"]["leaseTransitions"] == 1


def test_holder_renews_while_it_works(server: ApiServer, first: Lease) -> None:
    assert first.try_acquire()
    renewed = server.get(PATH)["spec"]["renewTime"]
    wait_until(lambda: server.get(PATH)["spec"]["renewTime"] != renewed)
    assert first.held
    assert first.try_acquire(), "who holds it need not ask again"


def test_lease_of_a_holder_that_died_long_ago_is_taken_at_once(server: ApiServer) -> None:
    left_behind(server, "2026-01-01T00:00:00.000000Z")
    lease = contender(server)
    assert lease.try_acquire()
    lease.release()


def test_fresh_lease_is_taken_once_it_was_seen_to_stand_still(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(server, "2999-01-01T00:00:00.000000Z")
    lease = contender(server)
    assert not lease.try_acquire()
    assert not lease.try_acquire()
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + 16)
    assert lease.try_acquire()
    lease.release()


def test_holder_that_is_robbed_acts_no_more(server: ApiServer, first: Lease) -> None:
    assert first.try_acquire()

    def rob(content: Object) -> None:
        content["spec"]["holderIdentity"] = "robber"

    server.edit(PATH, rob, "robber")
    wait_until(lambda: not first.held)
    with pytest.raises(RegistryBusy, match="robber"):
        first.require_held()


def test_annotation_of_someone_else_does_not_cost_the_lease(server: ApiServer, first: Lease) -> None:
    assert first.try_acquire()
    server.edit(PATH, lambda content: content["metadata"].update(annotations={"a": "b"}), "kubectl")
    renewed = server.get(PATH)["spec"]["renewTime"]
    wait_until(lambda: server.get(PATH)["spec"]["renewTime"] != renewed)
    assert first.held


def test_holder_that_can_not_renew_stops_believing_itself(
    server: ApiServer, first: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert first.try_acquire()
    server.broken = 503
    time.sleep(0.05)
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + 11)
    assert not first.held
    monkeypatch.undo()
    server.broken = None


def test_removed_lease_is_lost(server: ApiServer, first: Lease) -> None:
    assert first.try_acquire()
    with server.locked():
        del server.objects[PATH]
    wait_until(lambda: not first.held)
    assert first.try_acquire(), "and can be made again"


def test_holding_is_bounded_and_names_the_holder(server: ApiServer, first: Lease) -> None:
    with (
        first.holding(1.0),
        pytest.raises(RegistryBusy, match=r"lease shop/lock, held by .+ has held its lock for 0\.1 s"),
        contender(server).holding(0.1),
    ):
        pass
    with contender(server).holding(0):
        pass
