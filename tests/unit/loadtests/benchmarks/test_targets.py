"""A target is met or missed, on both sides of its bound, and a miss is said."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from loadtests.benchmarks.comparison import Comparison
from loadtests.benchmarks.targets import TARGETS, Target, targets_table
from tests.support.measured import OTHER, OURS, comparison, fairness


def _target(words: str) -> Target:
    (found,) = [target for target in TARGETS if words in target.words]
    return found


def _value(words: str, found: Comparison | None = None, name: str = OURS) -> float | None:
    return _target(words).measure(found or comparison(), name)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("best peer", 12.0),
        ("ceiling", 0.6),
        ("16 connections", 0.001),
        ("before the first batch", 120.0),
        ("after it", 290.0),
        ("start", 1.5),
        ("binary", 0.4),
        ("JSON", 50_000.0),
        ("single answers beside", 0.01),
        ("/livez", 0.2),
    ],
)
def test_value_is_found_among_all_numbers(words: str, value: float) -> None:
    assert _value(words) == pytest.approx(value)
    assert _value(words, name=OTHER) is None


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.words)
def test_both_sides_of_a_bound_are_told_apart(target: Target) -> None:
    worse = target.bound * (1.01 if target.at_most else 0.99)
    better = target.bound * (0.99 if target.at_most else 1.01)
    assert target.is_met(target.bound)
    assert target.is_met(better)
    assert not target.is_met(worse)
    assert target.cell(worse).startswith("**missed**: ")
    assert not target.cell(better).startswith("**missed**")


def test_missed_target_is_said_in_the_table() -> None:
    rows = targets_table(comparison()).splitlines()
    assert rows[0] == f"| target | {OURS} | {OTHER} |"
    assert "| single answers against the best peer: ≥ 10× | 12.0× | — |" in rows
    assert any("binary" in row and "| **missed**: 0.40× | — |" in row for row in rows)


def _with_fairness(**changes: Any) -> Comparison:
    found = comparison()
    worst = msgspec.structs.replace(found.rounds[OURS][2], fairness=fairness(**changes))
    found.rounds[OURS][2] = worst
    return found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"p99_seconds": 0.021}, "single answers beside"),
        ({"p99_seconds": None}, "single answers beside"),
        ({"live_seconds": float("inf")}, "/livez"),
    ],
)
def test_worst_round_decides_about_fairness(changes: dict[str, Any], words: str) -> None:
    target: Target = _target(words)
    measure: Callable[[Comparison, str], float | None] = target.measure
    value = measure(_with_fairness(**changes), OURS)
    assert value is not None
    assert not target.is_met(value)
