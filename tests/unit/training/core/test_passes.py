"""Shares of passes, their intervals, and what counts as the same items."""

import numpy as np
import pytest

from tests.support.passing_pipeline import passes
from training.core.passes import failures_per_unit, pass_shares, same_items, share_interval
from training.core.pipeline import FrozenPasses


def test_every_group_is_scored_beside_the_whole() -> None:
    assert pass_shares(passes(en=90, fr=70)) == {
        "pass_share": 0.8,
        "pass_share_en": 0.9,
        "pass_share_fr": 0.7,
    }


def test_nothing_judged_is_no_share() -> None:
    nothing = FrozenPasses(np.array([], np.bool_), np.array([], np.str_), np.array([], np.str_))
    assert np.isnan(pass_shares(nothing)["pass_share"])


def test_failures_are_counted_per_unit_in_the_order_of_names() -> None:
    frozen = FrozenPasses(
        np.array([True, False, False]), np.array(["b", "a", "b"]), np.array(["en", "en", "fr"])
    )
    failures, items = failures_per_unit(frozen)
    assert failures.tolist() == [1.0, 1.0]
    assert items.tolist() == [1.0, 2.0]


def test_interval_has_the_width_that_theory_gives_for_units() -> None:
    """Both groups fail on the same units, so 100 units say no more than 100 items: 1.96 sqrt(p q / 100)."""
    interval = share_interval(passes(en=80, fr=80), resamples=4000)
    assert interval.value == 0.8
    half = 1.96 * np.sqrt(0.8 * 0.2 / 100)
    assert interval.low == pytest.approx(0.8 - half, abs=0.015)
    assert interval.high == pytest.approx(0.8 + half, abs=0.015)


def test_other_units_or_groups_are_other_items() -> None:
    one = passes(en=5, fr=5, units=10)
    assert same_items(one, passes(en=1, fr=9, units=10))
    assert not same_items(one, passes(en=5, fr=5, units=9))
    assert not same_items(one, FrozenPasses(one.passed, one.unit, np.roll(one.group, 1)))
