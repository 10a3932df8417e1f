"""What pods use of what they may: processor, memory, network, and how often they begin anew."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from k8s.dashboards.panels import AnyPanel, Query, board, choice, graph

NAMESPACE = 'namespace="$namespace"'
SCOPE = f'{NAMESPACE},job=~"$job"'
CONTAINERS = f'{NAMESPACE},container!=""'
RATE = "[$__rate_interval]"
BY_POD = "sum by (namespace, pod)"
OF_THE_JOBS = f"and on (namespace, pod) up{{{SCOPE}}}"
"""Leaves the pods that belong to the chosen services: cAdvisor knows pods, not services."""


def make_resources() -> Dashboard:
    """Return the dashboard of what pods use."""
    variables = (
        choice("Namespace", "namespace", "up"),
        choice("Service", "job", 'up{namespace="$namespace"}', several=True),
    )
    rows = (
        ("Processor", _processor()),
        ("Memory", _memory()),
        ("Network and restarts", _network()),
    )
    about = "What the pods of services use of what they may, from cAdvisor and from the processes themselves."
    return board("ekiben-resources", "Ekiben / Resources", about, variables, rows)


def _processor() -> tuple[AnyPanel, ...]:
    used = f"{BY_POD} (rate(container_cpu_usage_seconds_total{{{CONTAINERS}}}{RATE}))"
    throttled = f"{BY_POD} (rate(container_cpu_cfs_throttled_periods_total{{{CONTAINERS}}}{RATE}))"
    periods = f"{BY_POD} (rate(container_cpu_cfs_periods_total{{{CONTAINERS}}}{RATE}))"
    return (
        graph(
            "Processors used",
            "Seconds of processor per second.",
            "none",
            Query(f"{used} {OF_THE_JOBS}", "{{pod}}"),
        ),
        graph(
            "Throttled",
            "Share of the scheduler's periods in which a pod was stopped at its CPU limit, where it has one.",
            "percentunit",
            Query(f"({throttled} / {periods}) {OF_THE_JOBS}", "{{pod}}"),
            highest=1,
        ),
    )


def _memory() -> tuple[AnyPanel, ...]:
    used = f"{BY_POD} (container_memory_working_set_bytes{{{CONTAINERS}}})"
    # kube-prometheus-stack drops cAdvisor's limits; kube-state-metrics has them there.
    limit = (
        f"({BY_POD} (container_spec_memory_limit_bytes{{{CONTAINERS}}} > 0)"
        f' or {BY_POD} (kube_pod_container_resource_limits{{{NAMESPACE},resource="memory"}}))'
    )
    return (
        graph(
            "Memory used",
            "The working set, which the limit is about.",
            "bytes",
            Query(f"{used} {OF_THE_JOBS}", "{{pod}}"),
        ),
        graph(
            "Share of the limit",
            "Working set by limit; at 1 the kernel kills. Alerts above 0.9.",
            "percentunit",
            Query(f"({used} / {limit}) {OF_THE_JOBS}", "{{pod}}"),
            highest=1,
        ),
    )


def _network() -> tuple[AnyPanel, ...]:
    received = f"{BY_POD} (rate(container_network_receive_bytes_total{{{NAMESPACE}}}{RATE}))"
    sent = f"{BY_POD} (rate(container_network_transmit_bytes_total{{{NAMESPACE}}}{RATE}))"
    return (
        graph(
            "Network",
            "Bytes per second, in and out.",
            "Bps",
            Query(f"{received} {OF_THE_JOBS}", "{{pod}} in"),
            Query(f"{sent} {OF_THE_JOBS}", "{{pod}} out"),
        ),
        graph(
            "Restarts",
            "How often the process in a pod began anew within an hour. Alerts above 2 within 15 minutes.",
            "none",
            Query(f"changes(process_start_time_seconds{{{SCOPE}}}[1h])", "{{pod}}"),
        ),
        graph(
            "Open files",
            "Open files and connections of a process; a line that only rises is a leak.",
            "none",
            Query(f"process_open_fds{{{SCOPE}}}", "{{pod}}"),
        ),
        graph(
            "Resident memory",
            "As the processes themselves tell it; a line that only rises is a leak.",
            "bytes",
            Query(f"process_resident_memory_bytes{{{SCOPE}}}", "{{pod}}"),
        ),
    )
