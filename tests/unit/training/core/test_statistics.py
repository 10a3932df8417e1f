"""Resampling: right counts, repeatable, and bounds that mean what they say."""

import numpy as np
import pytest

from training.core.statistics import Improvement, bootstrap_ratio, paired_improvement, resample_counts


def improvement(gain: float, noise: float, items: int = 800, seed: int = 0) -> Improvement:
    """Return the improvement of a challenger whose loss is lower by `gain`, with `noise` between items."""
    generator = np.random.default_rng(seed)
    champion = generator.gamma(2.0, 0.3, items)
    challenger = champion - gain + generator.normal(0.0, noise, items)
    return paired_improvement(
        champion, challenger, np.ones(items), confidence_level=0.95, resamples=2000, seed=1
    )


def test_every_resample_draws_as_many_items_as_there_are() -> None:
    blocks = list(resample_counts(items=30, resamples=70, seed=3))
    counts = np.concatenate(blocks)
    assert counts.shape == (70, 30)
    assert (counts.sum(axis=1) == 30).all()
    assert counts.mean() == pytest.approx(1.0)


def test_many_items_are_resampled_in_blocks_that_fit_memory() -> None:
    blocks = [block.shape for block in resample_counts(items=1_500_000, resamples=5, seed=0)]
    assert blocks == [(2, 1_500_000), (2, 1_500_000), (1, 1_500_000)]


def test_same_seed_gives_the_same_numbers_and_another_seed_does_not() -> None:
    values, ones = np.arange(50.0), np.ones(50)
    first = bootstrap_ratio(values, ones, resamples=100, seed=5)
    assert (first == bootstrap_ratio(values, ones, resamples=100, seed=5)).all()
    assert (first != bootstrap_ratio(values, ones, resamples=100, seed=6)).any()


def test_spread_of_resampled_means_is_the_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=2000)
    means = bootstrap_ratio(values, np.ones(2000), resamples=4000, seed=0)
    assert means.std() == pytest.approx(values.std() / np.sqrt(2000), rel=0.05)


def test_bound_of_a_steady_gain_is_the_gain() -> None:
    found = improvement(gain=0.02, noise=0.0)
    assert found.value == pytest.approx(0.02)
    assert found.lower_bound == pytest.approx(0.02)


def test_bound_of_two_equal_models_is_zero() -> None:
    assert improvement(gain=0.0, noise=0.0).lower_bound == 0.0


def test_bound_lies_below_the_estimate_by_the_normal_quantile() -> None:
    found = improvement(gain=0.02, noise=0.1)
    assert found.value - found.lower_bound == pytest.approx(1.645 * 0.1 / np.sqrt(800), rel=0.1)


def test_model_that_is_no_better_seldom_gets_a_bound_above_zero() -> None:
    lucky = sum(improvement(gain=0.0, noise=0.1, items=300, seed=seed).lower_bound > 0 for seed in range(200))
    assert 2 <= lucky <= 22  # 5 % of 200 is 10


def test_items_with_more_trials_weigh_more() -> None:
    found = paired_improvement(
        np.array([3.0, 0.0]),
        np.array([0.0, 1.0]),
        np.array([3.0, 1.0]),
        confidence_level=0.95,
        resamples=2000,
        seed=0,
    )
    assert found.value == pytest.approx((3.0 - 1.0) / 4.0)
