"""Scores: known values, weights that equal repetition, intervals that agree with scikit-learn and with
theory."""

import numpy as np
import pytest
from sklearn import metrics

from training.core.pipeline import FrozenScores
from training.core.scores import (
    SCORE_NAMES,
    View,
    calibration_bins,
    cases,
    expected_calibration_error,
    log_loss_per_item,
    score_all,
    score_intervals,
)
from training.core.statistics import resample_counts


def frozen(
    probability: list[float], successes: list[float], trials: list[float] | None = None
) -> FrozenScores:
    """Return frozen scores; every item has four trials unless told otherwise."""
    tried = trials or [4.0] * len(successes)
    return FrozenScores(np.array(probability), np.array(successes), np.array(tried))


def sample(items: int = 400, seed: int = 0, decimals: int = 2) -> FrozenScores:
    """Return well calibrated answers, many of them equal, on items with 12 trials."""
    generator = np.random.default_rng(seed)
    probability = np.round(generator.beta(0.5, 0.5, items), decimals)
    successes = generator.binomial(12, probability).astype(np.float64)
    return FrozenScores(probability, successes, np.full(items, 12.0))


def test_per_trial_cases_are_the_trials_themselves() -> None:
    of = cases(frozen([0.9, 0.2], [3, 0]))
    assert sorted(zip(of.item, of.outcome, of.weight, strict=True)) == [(0, 0, 1), (0, 1, 3), (1, 0, 4)]


def test_majority_leaves_out_items_without_one() -> None:
    of = cases(frozen([0.9, 0.5, 0.2, 0.3], [3, 2, 0, 0], [4, 4, 4, 0]), "majority")
    assert list(of.item) == [0, 2]
    assert list(of.outcome) == [1.0, 0.0]


def test_known_values_are_reproduced() -> None:
    scores = score_all(frozen([0.8, 0.4], [3, 1]))
    assert scores["accuracy"] == pytest.approx(6 / 8)
    assert scores["precision"] == pytest.approx(3 / 4)
    assert scores["recall"] == pytest.approx(3 / 4)
    assert scores["f1"] == pytest.approx(3 / 4)
    assert scores["roc_auc"] == pytest.approx((9 + 0.5 * (3 * 1 + 1 * 3)) / 16)
    loss = -(3 * np.log(0.8) + np.log(0.2) + np.log(0.4) + 3 * np.log(0.6)) / 8
    assert scores["log_loss"] == pytest.approx(loss)
    brier = (3 * 0.2**2 + 0.8**2 + 0.6**2 + 3 * 0.4**2) / 8
    assert scores["brier"] == pytest.approx(brier)
    assert scores["expected_calibration_error"] == pytest.approx((0.05 + 0.15) / 2)


def test_weights_equal_repeated_rows() -> None:
    answers = sample(items=60)
    failures = answers.trials - answers.successes
    outcome = np.concatenate(
        [[1.0] * int(won) + [0.0] * int(lost) for won, lost in zip(answers.successes, failures, strict=True)]
    )
    probability = np.repeat(answers.probability, 12)
    scores = score_all(answers)
    assert scores["roc_auc"] == pytest.approx(metrics.roc_auc_score(outcome, probability))
    assert scores["log_loss"] == pytest.approx(metrics.log_loss(outcome, probability))
    assert scores["accuracy"] == pytest.approx(((probability > 0.5) == outcome).mean())


def test_log_loss_per_item_sums_to_the_log_loss() -> None:
    answers = sample()
    total = log_loss_per_item(answers).sum() / answers.trials.sum()
    assert total == pytest.approx(score_all(answers)["log_loss"])


def test_certain_and_wrong_costs_much_but_not_infinity() -> None:
    (loss,) = log_loss_per_item(frozen([1.0], [0], [1]))
    assert 30 < loss < 40


def test_calibrated_probabilities_have_a_small_error_and_shifted_ones_the_shift() -> None:
    honest = sample(items=20_000, decimals=6)
    assert expected_calibration_error(cases(honest)) < 0.01
    middle = FrozenScores(np.full(1000, 0.6), np.full(1000, 5.0), np.full(1000, 10.0))
    assert expected_calibration_error(cases(middle)) == pytest.approx(0.1)


def test_bins_have_equal_mass_and_never_part_equal_probabilities() -> None:
    points = calibration_bins(cases(sample(items=15_000, decimals=6)))
    assert len(points) == 15
    assert [point.weight for point in points] == pytest.approx([12_000] * 15, rel=0.01)
    tied = calibration_bins(cases(frozen([0.3] * 50 + [0.7] * 50, [1.0] * 100)))
    assert [point.predicted for point in tied] == pytest.approx([0.3, 0.7])
    assert [point.weight for point in tied] == [200, 200]


def test_order_of_items_changes_nothing() -> None:
    answers = sample()
    order = np.random.default_rng(1).permutation(len(answers.trials))
    shuffled = FrozenScores(answers.probability[order], answers.successes[order], answers.trials[order])
    assert score_all(shuffled) == pytest.approx(score_all(answers))


@pytest.mark.parametrize("view", ["per_trial", "majority"])
def test_intervals_are_those_of_scikit_learn_on_the_same_resamples(view: View) -> None:
    answers = sample(items=80)
    found = score_intervals(answers, view, resamples=60, seed=9)
    of = cases(answers, view)
    values = []
    for counts in np.concatenate(list(resample_counts(80, 60, seed=9))):
        weight = of.weight * counts[of.item]
        values.append(
            (
                metrics.roc_auc_score(of.outcome, of.probability, sample_weight=weight),
                metrics.f1_score(of.outcome, of.probability > 0.5, sample_weight=weight),
                metrics.brier_score_loss(of.outcome, of.probability, sample_weight=weight),
            )
        )
    low, high = np.quantile(values, [0.025, 0.975], axis=0)
    for position, name in enumerate(["roc_auc", "f1", "brier"]):
        assert (found[name].low, found[name].high) == pytest.approx((low[position], high[position]))


def test_intervals_hold_the_estimates_and_narrow_with_more_items() -> None:
    few, many = score_intervals(sample(items=200), resamples=300), score_intervals(sample(), resamples=300)
    assert set(few) == set(SCORE_NAMES)
    for name in ("accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "brier"):
        assert few[name].low < few[name].value < few[name].high
        assert many[name].high - many[name].low < few[name].high - few[name].low
