"""Leading, waiting, and stopping."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from tests.support.apiserver import ApiServer
from tests.support.cluster import NAMESPACE, add_deployment, connect, pinned
from tests.support.homes import add_champion, make_bench
from tests.support.tiny_pipeline import TinyPipeline
from training.core.errors import RegistryBusy
from training.core.settings import TrainingSettings
from training.core.workbench import Workbench
from training.rollout import cluster_target
from training.rollout import loop as module
from training.rollout.lease import Lease
from training.rollout.loop import Loop, open_loop
from training.rollout.metrics import RolloutMetrics


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = make_bench(tmp_path)
    add_champion(bench, TinyPipeline())
    return bench


@pytest.fixture
def opened(
    server: ApiServer, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Loop, RolloutMetrics]]:
    monkeypatch.setattr(cluster_target, "open_api", lambda _context: connect(server))
    settings = TrainingSettings(lock_timeout_seconds=0)
    loop, metrics = open_loop(settings, (), "", 0.01, lambda: bench.registry)
    yield loop, metrics
    loop.stop()
    loop.run()


def other(server: ApiServer) -> Lease:
    return Lease(connect(server), NAMESPACE, "ekiben-reconciler")


def test_leader_reconciles_and_is_ready(server: ApiServer, opened: tuple[Loop, RolloutMetrics]) -> None:
    loop, metrics = opened
    add_deployment(server)
    assert not loop.is_ready()
    cycle = loop.turn()
    assert cycle is not None
    assert pinned(server) == "1"
    assert loop.is_ready()
    assert b"ekiben_rollout_leader 1.0" in generate_latest(metrics.registry)


def test_standby_touches_nothing_is_ready_and_takes_over(
    server: ApiServer, opened: tuple[Loop, RolloutMetrics]
) -> None:
    loop, _ = opened
    add_deployment(server)
    leader = other(server)
    assert leader.try_acquire()
    assert loop.turn() is None
    assert loop.is_ready()
    assert pinned(server) == ""
    leader.release()
    loop.turn()
    assert pinned(server) == "1"


def test_cluster_away_is_survived(server: ApiServer, opened: tuple[Loop, RolloutMetrics]) -> None:
    loop, metrics = opened
    server.broken = 503
    assert loop.turn() is None
    assert b'ekiben_rollout_errors_total{reason="cluster_unavailable"} 1.0' in generate_latest(
        metrics.registry
    )
    server.broken = None
    assert loop.turn() is not None


def test_jobs_that_may_not_be_listed_are_counted(
    server: ApiServer, opened: tuple[Loop, RolloutMetrics]
) -> None:
    loop, metrics = opened
    server.forbidden = {"cronjobs"}
    add_deployment(server)
    loop.turn()
    assert pinned(server) == "1"
    assert b'ekiben_rollout_errors_total{reason="access_denied"} 1.0' in generate_latest(metrics.registry)


def test_jobs_are_looked_at_now_and_then(server: ApiServer, opened: tuple[Loop, RolloutMetrics]) -> None:
    loop, _ = opened
    for _ in range(3):
        loop.turn()
    assert len([path for path in server.asked("GET") if path.endswith("/cronjobs")]) == 1


def test_loop_that_hangs_is_not_alive(
    opened: tuple[Loop, RolloutMetrics], monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, _ = opened
    loop.turn()
    assert loop.is_alive()
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + module.LATE_SECONDS + 1)
    assert not loop.is_alive()


def test_turn_that_goes_on_to_the_next_deployment_is_alive(
    server: ApiServer, opened: tuple[Loop, RolloutMetrics], monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, _ = opened
    loop.turn()
    late = time.monotonic() + module.LATE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: late)
    assert not loop.is_alive()
    add_deployment(server)
    loop.run_once()
    assert loop.is_alive()


def test_loop_that_was_stopped_writes_no_further_deployment(
    server: ApiServer, opened: tuple[Loop, RolloutMetrics]
) -> None:
    loop, _ = opened
    add_deployment(server)
    loop.stop()
    loop.turn()
    assert pinned(server) == ""


def test_signal_ends_the_loop_and_frees_the_lease(
    server: ApiServer, opened: tuple[Loop, RolloutMetrics]
) -> None:
    loop, _ = opened
    kept = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    loop.stop_at_signals()
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        loop.run()
    finally:
        timer.join()
        signal.signal(signal.SIGTERM, kept[0])
        signal.signal(signal.SIGINT, kept[1])
    lease = other(server)
    assert lease.try_acquire()
    lease.release()


def test_single_look_waits_for_the_lease_no_longer_than_it_may(
    server: ApiServer, opened: tuple[Loop, RolloutMetrics]
) -> None:
    loop, _ = opened
    add_deployment(server)
    with other(server).holding(0), pytest.raises(RegistryBusy):
        loop.run_once()
    assert [outcome.action for outcome in loop.run_once().outcomes] == ["pin"]
