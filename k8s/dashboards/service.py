"""One service as its callers see it: rate, errors, duration; then what it predicts and how busy it is."""

from grafana_foundation_sdk.builders.dashboard import TextBoxVariable
from grafana_foundation_sdk.models.dashboard import Dashboard

from k8s.dashboards.panels import AnyPanel, Limits, Query, board, buckets, choice, graph, name, number

SCOPE = 'namespace="$namespace",job="$job"'
REQUESTS = f'{SCOPE},route=~"$routes"'
FAILED = 'code=~"5..|429"'
RATE = "[$__rate_interval]"


def make_service() -> Dashboard:
    """Return the dashboard of one service."""
    variables = (
        choice("Namespace", "namespace", "ekiben_ready"),
        choice("Service", "job", 'ekiben_ready{namespace="$namespace"}'),
        TextBoxVariable("routes").label("Routes").default_value("/api/.+|/v2/models/.+|/inference.+/Model.+"),
    )
    rows = (
        ("Now", _now()),
        ("Requests", _requests()),
        ("Model", _model()),
        ("Load", _load()),
    )
    about = "What callers of one service see, which model answers, and how much room is left."
    return board("ekiben-service", "Ekiben / Service", about, variables, rows)


def _quantile(share: float, by: str = "") -> str:
    grouping = f"le, {by}" if by else "le"
    rate = f"rate(ekiben_request_duration_seconds_bucket{{{REQUESTS}}}{RATE})"
    return f"histogram_quantile({share}, sum by ({grouping}) ({rate}))"


def _failed_share() -> str:
    failed = f"sum(rate(ekiben_requests_total{{{REQUESTS},{FAILED}}}{RATE}))"
    return f"({failed} or vector(0)) / sum(rate(ekiben_requests_total{{{REQUESTS}}}{RATE}))"


def _now() -> tuple[AnyPanel, ...]:
    version = f"count by (model, version) (ekiben_model_info{{{SCOPE}}})"
    return (
        number(
            "Requests",
            "Requests per second on the routes that callers use.",
            "reqps",
            Query(f"sum(rate(ekiben_requests_total{{{REQUESTS}}}{RATE}))"),
        ),
        number(
            "Failures",
            "Share of requests answered with 5xx or 429. Alerts above 5 %.",
            "percentunit",
            Query(_failed_share()),
            Limits(0.01, 0.05),
        ),
        number(
            "95th percentile",
            "19 of 20 requests are answered within this time. Alerts above 500 ms.",
            "s",
            Query(_quantile(0.95)),
            Limits(0.2, 0.5),
        ),
        number(
            "Ready pods",
            "Pods with a verified model that take requests.",
            "none",
            Query(f"sum(ekiben_ready{{{SCOPE}}})"),
            Limits(2, 1, good_is_high=True),
        ),
        number(
            "Busy",
            "Share of time in which the event loops work, averaged over the pods. Autoscaling follows it.",
            "percentunit",
            Query(f"avg(rate(ekiben_busy_seconds_total{{{SCOPE}}}{RATE}))"),
            Limits(0.6, 0.8),
        ),
        name(
            "Model",
            "The model in force; two while a rollout is under way.",
            Query(version, "{{model}} {{version}}"),
        ),
    )


def _requests() -> tuple[AnyPanel, ...]:
    rate = f"rate(ekiben_requests_total{{{REQUESTS}}}{RATE})"
    return (
        graph(
            "Requests by route",
            "Requests per second, by route template.",
            "reqps",
            Query(f"sum by (route) ({rate})", "{{route}}"),
        ),
        graph(
            "Answers by code",
            "Answers per second, by status code.",
            "reqps",
            Query(f"sum by (code) ({rate})", "{{code}}"),
        ),
        graph(
            "Duration",
            "From the arrival of a request's headers to the end of its answer.",
            "s",
            Query(_quantile(0.5), "p50"),
            Query(_quantile(0.95), "p95"),
            Query(_quantile(0.99), "p99"),
        ),
        graph(
            "95th percentile by route",
            "Tells which route is slow.",
            "s",
            Query(_quantile(0.95, "route"), "{{route}}"),
        ),
    )


def _model() -> tuple[AnyPanel, ...]:
    confidence = f"rate(ekiben_prediction_confidence_bucket{{{SCOPE}}}{RATE})"
    unsure = f'sum(rate(ekiben_prediction_confidence_bucket{{{SCOPE},le="0.6"}}[30m]))'
    counted = f"sum(rate(ekiben_prediction_confidence_count{{{SCOPE}}}[30m]))"
    outcomes = f"sum by (outcome) (rate(ekiben_predictions_total{{{SCOPE}}}{RATE}))"
    return (
        graph(
            "Predictions by outcome",
            "Predictions per second, by what they say. A sudden change of the mix is worth a question.",
            "ops",
            Query(outcomes, "{{outcome}}"),
        ),
        buckets(
            "Confidence",
            "How sure predictions are: the probability that each gives to what it says.",
            Query(f"sum by (le) ({confidence})", "{{le}}"),
        ),
        graph(
            "Unsure predictions",
            "Share of half an hour's predictions that give 0.6 or less to what they say. Alerts above 20 %.",
            "percentunit",
            Query(f"{unsure} / {counted}", "unsure"),
            highest=1,
        ),
        graph(
            "Versions in force",
            "Pods by the version of the model that they answer with.",
            "none",
            Query(f"count by (version) (ekiben_model_info{{{SCOPE}}})", "version {{version}}"),
        ),
    )


def _load() -> tuple[AnyPanel, ...]:
    waiting = f"rate(ekiben_queue_delay_seconds_bucket{{{SCOPE}}}{RATE})"
    return (
        graph(
            "Busy by pod",
            "Share of time in which a pod's event loop runs, or waits for a processor.",
            "percentunit",
            Query(f"rate(ekiben_busy_seconds_total{{{SCOPE}}}{RATE})", "{{pod}}"),
            highest=1,
        ),
        graph(
            "Refused",
            "Requests per second that are refused with 429, by what is too little. Alerts above 1 %.",
            "reqps",
            Query(f"sum by (reason) (rate(ekiben_shed_total{{{SCOPE}}}{RATE}))", "{{reason}}"),
        ),
        graph(
            "Waiting time",
            "How long requests wait at most, in 99 of 100 rounds of the event loop. Where it stays above the "
            "budget, some are refused.",
            "s",
            Query(f"histogram_quantile(0.99, sum by (le, pod) ({waiting}))", "{{pod}}"),
        ),
        graph(
            "Pods",
            "Pods that Prometheus reaches, and those of them that take requests.",
            "none",
            Query(f"sum(up{{{SCOPE}}})", "reached"),
            Query(f"sum(ekiben_ready{{{SCOPE}}})", "ready"),
        ),
    )
