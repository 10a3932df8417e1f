"""The reconciler in a process of its own: each line on standard input makes it look once, and is answered
with a line of JSON about the look."""

import os
import sys
import time
from collections.abc import Iterable
from typing import BinaryIO

import msgspec
from prometheus_client import generate_latest

from bentos.core.logs import configure_logs
from k8s.scale.results import Look
from training.core.settings import read_settings
from training.core.workbench import open_workbench
from training.rollout.champions import Champions
from training.rollout.cluster_target import open_cluster_target
from training.rollout.events import Events
from training.rollout.metrics import RolloutMetrics
from training.rollout.reconciler import Reconciler


def answer(requests: Iterable[str], answers: BinaryIO) -> None:
    """Look once for each request. All is put together as `ekiben reconcile` does, but for the Lease."""
    settings = read_settings()
    target = open_cluster_target(settings)
    champions = Champions(lambda: open_workbench(settings).registry)
    reconciler = Reconciler(target.deployments, champions, Events(target.api, "scale"))
    metrics = RolloutMetrics()
    for _ in requests:
        answers.write(msgspec.json.encode(look(reconciler, metrics)) + b"\n")
        answers.flush()


def look(reconciler: Reconciler, metrics: RolloutMetrics) -> Look:
    """Look once and render the metrics."""
    started_at, cpu_before = time.monotonic(), time.process_time()
    cycle = reconciler.run()
    metrics.record(cycle)
    ended_at, cpu_after = time.monotonic(), time.process_time()
    page = generate_latest(metrics.registry)
    return Look(
        seconds=ended_at - started_at,
        cpu_seconds=cpu_after - cpu_before,
        pinned=sum(outcome.action == "pin" for outcome in cycle.outcomes),
        reached=sum(outcome.reached for outcome in cycle.outcomes),
        failures=len(cycle.failures),
        page_seconds=time.monotonic() - ended_at,
        page_bytes=len(page),
    )


def main() -> None:
    """Answer until standard input ends; logs, which go to standard output, are moved to standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        configure_logs()
        answer(sys.stdin, answers)


if __name__ == "__main__":
    main()
