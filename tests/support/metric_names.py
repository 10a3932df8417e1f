"""Which metrics exist: what our own processes export, and what others do as far as it is used."""

import functools
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import CollectorRegistry
from promql_parser import Expr, VectorSelector, parse, walk

from bentos.analyst.measures import Measures
from bentos.core.admission import Admission
from bentos.core.connections import Connections
from bentos.core.metrics import Metrics
from bentos.core.readiness import Readiness
from training.rollout.metrics import RolloutMetrics
from training.rollout.reconciler import Cycle

OTHERS: Mapping[str, tuple[str, ...]] = {
    "Prometheus itself": ("up", "ALERTS"),
    "cAdvisor, in the kubelet (https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md)": (
        "container_cpu_usage_seconds_total",
        "container_cpu_cfs_periods_total",
        "container_cpu_cfs_throttled_periods_total",
        "container_memory_working_set_bytes",
        "container_spec_memory_limit_bytes",
        "container_network_receive_bytes_total",
        "container_network_transmit_bytes_total",
    ),
    "the kubelet (https://kubernetes.io/docs/reference/instrumentation/metrics/)": (
        "kubelet_volume_stats_available_bytes",
        "kubelet_volume_stats_capacity_bytes",
    ),
    "kube-state-metrics (https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics)": (
        "kube_pod_container_resource_limits",
    ),
    "postgres_exporter 0.15 (https://github.com/prometheus-community/postgres_exporter)": (
        "pg_up",
        "pg_stat_activity_count",
        "pg_settings_max_connections",
    ),
    "MLflow 3 with --expose-prometheus (prometheus-flask-exporter, prefix mlflow)": (
        "mlflow_http_request_total",
    ),
    "cert-manager (https://cert-manager.io/docs/devops-tips/prometheus-metrics/)": (
        "certmanager_certificate_expiration_timestamp_seconds",
    ),
}
"""By who exports them."""

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("", "_count", "_sum"),
}


def names_of(families: Iterable[Metric]) -> Iterator[str]:
    """Yield the names of all series that families may have."""
    for family in families:
        for suffix in SUFFIXES.get(family.type, ("",)):
            yield family.name + suffix


def _own(registry: CollectorRegistry) -> set[str]:
    return set(names_of(registry.collect()))


@functools.cache
def known_names() -> frozenset[str]:
    """Return the names of all metrics that a rule, dashboard or runbook may use."""
    service = Metrics(Readiness())
    service.name_model({"model": "battle"})
    service.registry.register(Admission())
    service.registry.register(Connections(most=1, keep_alive_seconds=1))
    reconciler = RolloutMetrics()
    reconciler.record(Cycle(outcomes=(), failures=(), seconds=0.0))
    Measures(analyst := CollectorRegistry())
    own = _own(service.registry) | _own(reconciler.registry) | _own(analyst)
    return frozenset(own.union(*OTHERS.values()))


def used_names(expression: str) -> set[str]:
    """Return the names of the metrics in a PromQL expression. Raises ValueError if it is none."""
    found = set()

    def visit(node: Expr) -> None:
        if isinstance(node, VectorSelector) and node.name:
            found.add(node.name)

    walk(parse(expression), visit)
    return found
