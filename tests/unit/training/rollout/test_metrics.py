"""Every series that alerts and dashboards are made of."""

from prometheus_client import generate_latest

from tests.support.cluster import annotate, make_pin
from training.rollout import names
from training.rollout.metrics import RolloutMetrics
from training.rollout.objects import (
    Deployment,
    DeploymentSpec,
    DeploymentStatus,
    Metadata,
    Template,
    TemplateMetadata,
)
from training.rollout.reconciler import Cycle, Outcome
from training.rollout.trainings import TrainingTimes

LABELS = 'deployment="battle",model="battle",namespace="shop"'


def outcome(*, held: bool = False, mode: str = "auto", available: int = 2, pinned: str = "2") -> Outcome:
    labels = {names.MODEL_LABEL: "battle", names.MODE_LABEL: mode, names.HOLD_LABEL: str(held).lower()}
    deployment = Deployment(
        Metadata(name="battle", namespace="shop", generation=3, labels=labels),
        DeploymentSpec(
            replicas=2, template=Template(TemplateMetadata(annotations=annotate(make_pin(pinned))))
        ),
        DeploymentStatus(3, replicas=2, updated_replicas=2, ready_replicas=2, available_replicas=available),
    )
    return Outcome(deployment, "follow", make_pin("2"))


def scrape(metrics: RolloutMetrics) -> list[str]:
    return generate_latest(metrics.registry).decode().splitlines()


def recorded(*outcomes: Outcome, failures: tuple[str, ...] = ()) -> list[str]:
    metrics = RolloutMetrics()
    metrics.lead(True)
    metrics.record(Cycle(outcomes, failures, 0.02))
    return scrape(metrics)


def value(lines: list[str], name: str) -> str:
    """Return the value of the one series whose name and labels begin so."""
    (line,) = [line for line in lines if line.startswith(name)]
    return line.rpartition(" ")[2]


def test_deployment_that_follows_its_champion() -> None:
    lines = recorded(outcome())
    assert value(lines, f"ekiben_rollout_hold{{{LABELS}}}") == "0.0"
    assert value(lines, f"ekiben_rollout_pin_reached{{{LABELS}}}") == "1.0"
    info = 'champion="2",deployment="battle",mode="auto",model="battle",namespace="shop",pinned="2"'
    assert value(lines, f"ekiben_rollout_info{{{info}}}") == "1.0"
    for state in ("desired", "updated", "ready", "available"):
        series = f'ekiben_rollout_replicas{{deployment="battle",namespace="shop",state="{state}"}}'
        assert value(lines, series) == "2.0"
    assert value(lines, "ekiben_rollout_leader") == "1.0"
    assert value(lines, "ekiben_rollout_reconcile_seconds_count") == "1.0"
    assert float(value(lines, "ekiben_rollout_last_success_timestamp_seconds")) > 1e9


def test_hold_and_pods_that_are_not_ready_are_told_apart() -> None:
    held = recorded(outcome(held=True, pinned="1"))
    assert value(held, "ekiben_rollout_hold{") == "1.0"
    assert value(held, "ekiben_rollout_pin_reached{") == "0.0"
    slow = recorded(outcome(available=1))
    assert value(slow, "ekiben_rollout_hold{") == "0.0"
    assert value(slow, "ekiben_rollout_pin_reached{") == "0.0"


def test_pin_from_git_is_reached_whatever_the_champion_is() -> None:
    assert value(recorded(outcome(mode="git", pinned="1")), "ekiben_rollout_pin_reached{") == "1.0"


def test_deployment_that_serves_its_image_has_no_pin_to_reach() -> None:
    assert not [
        line for line in recorded(outcome(mode="off")) if line.startswith("ekiben_rollout_pin_reached{")
    ]


def test_failures_are_counted_by_reason_and_are_no_success() -> None:
    lines = recorded(outcome(), failures=("registry",))
    assert value(lines, 'ekiben_rollout_errors_total{reason="registry"}') == "1.0"
    assert not [line for line in lines if line.startswith("ekiben_rollout_last_success")]


def test_what_was_seen_stays_while_the_cluster_is_away_and_goes_with_its_deployment() -> None:
    metrics = RolloutMetrics()
    metrics.record(Cycle((outcome(),), (), 0.1))
    metrics.record(Cycle((), ("cluster_unavailable",), 0.1))
    assert value(scrape(metrics), "ekiben_rollout_hold{") == "0.0"
    metrics.record(Cycle((), (), 0.1))
    assert not [line for line in scrape(metrics) if line.startswith("ekiben_rollout_hold{")]


def test_standby_says_nothing_about_deployments() -> None:
    metrics = RolloutMetrics()
    metrics.record(Cycle((outcome(),), (), 0.1))
    metrics.lead(False)
    lines = scrape(metrics)
    assert value(lines, "ekiben_rollout_leader") == "0.0"
    assert not [line for line in lines if line.startswith("ekiben_rollout_info{")]


def test_training_that_never_ended_has_a_beginning_only() -> None:
    metrics = RolloutMetrics()
    ended = TrainingTimes(namespace="shop", cronjob="a", created=1.0, succeeded=3.0, failed=2.0)
    fresh = TrainingTimes(namespace="shop", cronjob="b", created=5.0, succeeded=None, failed=None)
    metrics.record_trainings([ended, fresh])
    lines = [line for line in scrape(metrics) if line.startswith("ekiben_training")]
    assert lines == [
        'ekiben_training_last_success_timestamp_seconds{cronjob="a",namespace="shop"} 3.0',
        'ekiben_training_last_failure_timestamp_seconds{cronjob="a",namespace="shop"} 2.0',
        'ekiben_training_created_timestamp_seconds{cronjob="a",namespace="shop"} 1.0',
        'ekiben_training_created_timestamp_seconds{cronjob="b",namespace="shop"} 5.0',
    ]
