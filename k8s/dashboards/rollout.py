"""From training to the pods: what should run, what does, who holds it, and how old the training is."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from k8s.dashboards.panels import AnyPanel, Limits, Query, board, choice, graph, listing, number

SCOPE = 'namespace="$namespace",job="reconciler"'
RATE = "[$__rate_interval]"
OF_DEPLOYMENT = "exported_namespace, deployment"
DEPLOYMENT = "{{exported_namespace}}/{{deployment}}"
CRONJOB = "{{exported_namespace}}/{{cronjob}}"
OF_NO_USE = (
    "Time",
    "Value",
    "__name__",
    "container",
    "endpoint",
    "instance",
    "job",
    "namespace",
    "node",
    "pod",
)


def make_rollout() -> Dashboard:
    """Return the dashboard of the rollout reconciler."""
    variables = (choice("Namespace of the reconciler", "namespace", "ekiben_rollout_leader"),)
    rows = (
        ("Champions and pins", (*_now(), _table())),
        ("Rollouts", _rollouts()),
        ("Reconciler", _reconciler()),
        ("Training", _training()),
    )
    about = "Which model should run where, which does, and how long ago training and reconciling succeeded."
    return board("ekiben-rollout", "Ekiben / Rollout", about, variables, rows)


def _last_success() -> str:
    return f"time() - max(ekiben_rollout_last_success_timestamp_seconds{{{SCOPE}}})"


def _training_age() -> str:
    of_cronjob = "max by (exported_namespace, cronjob)"
    succeeded = f"{of_cronjob} (ekiben_training_last_success_timestamp_seconds{{{SCOPE}}})"
    created = f"{of_cronjob} (ekiben_training_created_timestamp_seconds{{{SCOPE}}})"
    return f"time() - ({succeeded} or {created})"


def _now() -> tuple[AnyPanel, ...]:
    reached = f"min by ({OF_DEPLOYMENT}) (ekiben_rollout_pin_reached{{{SCOPE}}})"
    return (
        number(
            "Deployments", "That follow a champion.", "none", Query(f"count(ekiben_rollout_info{{{SCOPE}}})")
        ),
        number(
            "Not at their pin",
            "Deployments of which some replica runs something else.",
            "none",
            Query(f"count({reached} == 0) or vector(0)"),
            Limits(1, 2),
        ),
        number(
            "On hold",
            "Deployments whose pin somebody took over; `ekiben promote MODEL --resume` ends it.",
            "none",
            Query(f"sum(ekiben_rollout_hold{{{SCOPE}}})"),
            Limits(1, 2),
        ),
        number(
            "Last reconciled",
            "Time since the last pass without a failure. Alerts after five minutes.",
            "s",
            Query(_last_success()),
            Limits(60, 300),
        ),
        number(
            "Last trained",
            "Time since the last training that succeeded, where it is longest. Alerts after 48 hours.",
            "s",
            Query(f"max({_training_age()})"),
            Limits(86400, 172800),
        ),
        number(
            "Leaders",
            "Reconcilers that hold the lease: exactly one.",
            "none",
            Query(f"sum(ekiben_rollout_leader{{{SCOPE}}})"),
        ),
    )


def _table() -> AnyPanel:
    return listing(
        "Champion and pin",
        "The version that should run (champion) and the one that the Deployment names (pinned).",
        Query(f"ekiben_rollout_info{{{SCOPE}}}"),
        OF_NO_USE,
    )


def _rollouts() -> tuple[AnyPanel, ...]:
    replicas = f"max by ({OF_DEPLOYMENT}, state) (ekiben_rollout_replicas{{{SCOPE}}})"
    return (
        graph("Replicas", "By state.", "none", Query(replicas, DEPLOYMENT + " {{state}}")),
        graph(
            "Pin reached, hold",
            "1 if every replica runs what is wanted; 1 while somebody else's pin is left alone.",
            "none",
            Query(
                f"min by ({OF_DEPLOYMENT}) (ekiben_rollout_pin_reached{{{SCOPE}}})", DEPLOYMENT + " reached"
            ),
            Query(f"max by ({OF_DEPLOYMENT}) (ekiben_rollout_hold{{{SCOPE}}})", DEPLOYMENT + " hold"),
            highest=1,
        ),
    )


def _reconciler() -> tuple[AnyPanel, ...]:
    buckets = f"sum by (le) (rate(ekiben_rollout_reconcile_seconds_bucket{{{SCOPE}}}{RATE}))"
    return (
        graph(
            "Duration of a pass",
            "One look at all Deployments, with what it changed.",
            "s",
            Query(f"histogram_quantile(0.5, {buckets})", "p50"),
            Query(f"histogram_quantile(0.95, {buckets})", "p95"),
        ),
        graph(
            "Failures",
            "Per minute, by reason.",
            "none",
            Query(f"60 * sum by (reason) (rate(ekiben_rollout_errors_total{{{SCOPE}}}{RATE}))", "{{reason}}"),
        ),
    )


def _training() -> tuple[AnyPanel, ...]:
    failed = f"ekiben_training_last_failure_timestamp_seconds{{{SCOPE}}}"
    since_failure = f"time() - max by (exported_namespace, cronjob) ({failed})"
    return (
        graph(
            "Since the last success", "Or since the CronJob was made.", "s", Query(_training_age(), CRONJOB)
        ),
        graph("Since the last failure", "Empty where none is known.", "s", Query(since_failure, CRONJOB)),
    )
