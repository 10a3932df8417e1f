"""What Prometheus reads of the reconciler. Series about Deployments are made from the last look, so that none
outlives its Deployment."""

import time
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from training.rollout.reconciler import Cycle, Outcome
from training.rollout.trainings import TrainingTimes

_OF_DEPLOYMENT = ("namespace", "deployment", "model")
_INFO = (*_OF_DEPLOYMENT, "champion", "pinned", "mode")
_STATES = ("desired", "updated", "ready", "available")
_OF_CRONJOB = ("namespace", "cronjob")
_EDGES_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class RolloutMetrics(Collector):
    """Every number of one reconciler."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._outcomes: tuple[Outcome, ...] = ()
        self._trainings: Sequence[TrainingTimes] = ()
        self._leads = False
        self._succeeded_at: float | None = None
        self._seconds = Histogram(
            "ekiben_rollout_reconcile_seconds",
            "How long one look at all Deployments took, with what it changed.",
            buckets=_EDGES_SECONDS,
            registry=self.registry,
        )
        self._errors = Counter(
            "ekiben_rollout_errors",
            "What failed while reconciling, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self._errors.labels("registry")
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def lead(self, leads: bool) -> None:
        """Say whether this process holds the lease. One that does not has nothing to say about others."""
        self._leads = leads
        if not leads:
            self._outcomes, self._trainings = (), ()

    def record(self, cycle: Cycle) -> None:
        """Take over what a look found."""
        self._seconds.observe(cycle.seconds)
        for reason in cycle.failures:
            self._errors.labels(reason).inc()
        if cycle.outcomes or not cycle.failures:
            self._outcomes = cycle.outcomes
        if not cycle.failures:
            self._succeeded_at = time.time()

    def record_trainings(self, trainings: Sequence[TrainingTimes]) -> None:
        """Take over when jobs ended."""
        self._trainings = trainings

    def count_error(self, reason: str) -> None:
        """Count something else that failed."""
        self._errors.labels(reason).inc()

    def collect(self) -> Iterator[Metric]:
        """Turn the last look into samples."""
        yield GaugeMetricFamily(
            "ekiben_rollout_leader", "1 while this process holds the lease.", value=float(self._leads)
        )
        if self._succeeded_at is not None:
            yield GaugeMetricFamily(
                "ekiben_rollout_last_success_timestamp_seconds",
                "When a look last went without any failure.",
                value=self._succeeded_at,
            )
        yield from _describe_deployments(self._outcomes)
        yield from _describe_trainings(self._trainings)


def _describe_deployments(outcomes: Iterable[Outcome]) -> Iterator[Metric]:
    hold = GaugeMetricFamily(
        "ekiben_rollout_hold", "1 while someone else's pin is left alone.", labels=_OF_DEPLOYMENT
    )
    reached = GaugeMetricFamily(
        "ekiben_rollout_pin_reached", "1 if every replica runs what is wanted.", labels=_OF_DEPLOYMENT
    )
    info = GaugeMetricFamily("ekiben_rollout_info", "What is wanted, and what is pinned.", labels=_INFO)
    replicas = GaugeMetricFamily(
        "ekiben_rollout_replicas", "Replicas by state.", labels=("namespace", "deployment", "state")
    )
    for outcome in outcomes:
        found = outcome.deployment
        labels = (found.metadata.namespace, found.metadata.name, found.model)
        hold.add_metric(labels, float(found.mode == "auto" and found.held))
        if found.mode != "off":
            reached.add_metric(labels, float(outcome.reached))
        champion = outcome.champion.version if outcome.champion else ""
        info.add_metric((*labels, champion, found.pin.version if found.pin else "", found.mode), 1.0)
        status = found.status
        counts = (
            found.spec.replicas,
            status.updated_replicas,
            status.ready_replicas,
            status.available_replicas,
        )
        for state, count in zip(_STATES, counts, strict=True):
            replicas.add_metric((*labels[:2], state), float(count))
    yield from (hold, reached, info, replicas)


def _describe_trainings(trainings: Iterable[TrainingTimes]) -> Iterator[Metric]:
    families = {
        "succeeded": _times("last_success", "When a training job last succeeded."),
        "failed": _times("last_failure", "When a training job last failed."),
        "created": _times("created", "When the CronJob was made."),
    }
    for training in trainings:
        for field, family in families.items():
            at = getattr(training, field)
            if at is not None:
                family.add_metric((training.namespace, training.cronjob), at)
    yield from families.values()


def _times(what: str, help_text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"ekiben_training_{what}_timestamp_seconds", help_text, labels=_OF_CRONJOB)
