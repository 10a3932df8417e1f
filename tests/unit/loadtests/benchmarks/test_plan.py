"""Plans are as long as they are said to be."""

import pytest

from loadtests.benchmarks.comparison import MIDDLE_CONNECTIONS
from loadtests.benchmarks.plan import FULL, QUICK, Plan, bodies_of_size

SERVERS = 8
LONGEST_SECONDS = 30 * 60


def _seconds(plan: Plan) -> float:
    """Return how long load is made, at least; starts and drawing come on top."""
    each = (
        plan.warm_seconds
        + len(plan.connections) * plan.closed_seconds
        + len(plan.shares) * plan.open_seconds
        + plan.batch_seconds
    )
    ours = 3 * len(plan.sizes) * plan.batch_seconds + plan.fairness_seconds
    return plan.rounds * (SERVERS * each + 2 * ours)


def test_full_run_leaves_time_for_starts_within_half_an_hour() -> None:
    assert FULL.rounds >= 3
    assert _seconds(FULL) < 0.6 * LONGEST_SECONDS


def test_quick_run_is_a_fraction_of_it() -> None:
    assert _seconds(QUICK) < 0.15 * _seconds(FULL)


@pytest.mark.parametrize("plan", [FULL, QUICK])
def test_every_plan_has_what_targets_need(plan: Plan) -> None:
    assert MIDDLE_CONNECTIONS in plan.connections
    assert 10_000 in plan.sizes


def test_small_batches_are_many_and_large_ones_few() -> None:
    assert [bodies_of_size(rows) for rows in (1, 1_000, 10_000, 100_000)] == [200, 30, 3, 2]
