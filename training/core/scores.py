"""How good probabilities of a yes/no outcome are, when each item was tried several times.

An item (for battle: a pairing) has `trials`, of which `successes` went the positive way. There are two views:

* per trial: every trial is one case, so an item counts as `successes` positive and `trials - successes`
  negative cases. Even a perfect model can't reach 1 here: the outcomes are drawn by chance.
* majority: every item is one case, positive if most of its trials were; items without one are left out.
  How close the others were is lost, so good probabilities look badly calibrated here.

Formulas, with outcomes y in {0, 1}, probabilities p, weights w, and sums over cases:

* accuracy = sum w [y = (p > 1/2)] / sum w; p = 1/2 exactly is answered with the negative class
* precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 precision recall / (precision + recall)
* ROC AUC = P(p of a positive case > p of a negative case) + P(they are equal) / 2
  (Hanley and McNeil 1982, "The Meaning and Use of the Area under a ROC Curve")
* log loss = - sum w (y ln p + (1 - y) ln(1 - p)) / sum w, in nats (Good 1952, "Rational Decisions")
* Brier = sum w (p - y)^2 / sum w (Brier 1950, "Verification of Forecasts Expressed in Terms of Probability")
* ECE = sum over bins b of (w_b / w) |mean y in b - mean p in b|, of the positive class's probability (Naeini,
  Cooper and Hauskrecht 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"). The 15 bins
  have equal mass (weight), which is less biased than equal width (Roelofs and others 2022, "Mitigating Bias
  in Calibration Error Estimation", arXiv:2012.08668); equal probabilities are never parted.

Point estimates come from scikit-learn. Intervals need thousands, and are computed for all resamples at once.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from training.core.pipeline import FrozenScores
from training.core.statistics import FloatArray, Interval, resample_counts

View = Literal["per_trial", "majority"]

SCORE_NAMES = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "log_loss",
    "brier",
    "expected_calibration_error",
)
LOWER_IS_BETTER = frozenset({"log_loss", "brier", "expected_calibration_error"})
CALIBRATION_BINS = 15

_EPSILON = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 and 1 in logarithms, as scikit-learn does."""


class CalibrationBin(msgspec.Struct, frozen=True):
    """One point of a reliability diagram: what was said and what happened, as means over `weight` cases."""

    predicted: float
    observed: float
    weight: float


@dataclass(frozen=True, slots=True)
class Cases:
    """Weighted yes/no cases: `item` (int64[m]) is the frozen item a case belongs to; the rest is
    float64[m]."""

    item: NDArray[np.int64]
    outcome: FloatArray
    probability: FloatArray
    weight: FloatArray


def cases(frozen: FrozenScores, view: View = "per_trial") -> Cases:
    """Return the cases of one view, without those of no weight."""
    items = np.arange(len(frozen.trials))
    if view == "majority":
        share = frozen.successes / np.maximum(frozen.trials, 1)
        keep = (share != 0.5) & (frozen.trials > 0)
        outcome = (share[keep] > 0.5).astype(np.float64)
        return Cases(items[keep], outcome, frozen.probability[keep], np.ones(int(keep.sum())))
    weight = np.concatenate([frozen.successes, frozen.trials - frozen.successes])
    keep = weight > 0
    outcome = np.repeat([1.0, 0.0], len(items))[keep]
    return Cases(np.tile(items, 2)[keep], outcome, np.tile(frozen.probability, 2)[keep], weight[keep])


def log_loss_per_item(frozen: FrozenScores) -> FloatArray:
    """Return float64[n]: each item's log loss in nats, summed over its trials."""
    probability = np.clip(frozen.probability, _EPSILON, 1.0 - _EPSILON)
    failures = frozen.trials - frozen.successes
    loss: FloatArray = -(frozen.successes * np.log(probability) + failures * np.log1p(-probability))
    return loss


def score_all(frozen: FrozenScores, view: View = "per_trial") -> dict[str, float]:
    """Return every score in SCORE_NAMES. Both outcomes must occur, or ROC AUC has no meaning (ValueError)."""
    of = cases(frozen, view)
    said = of.probability > 0.5
    labels = {"y_true": of.outcome, "y_pred": said, "sample_weight": of.weight}
    zero = {"zero_division": 0.0}
    return {
        "accuracy": float(metrics.accuracy_score(**labels)),
        "precision": float(metrics.precision_score(**labels, **zero)),
        "recall": float(metrics.recall_score(**labels, **zero)),
        "f1": float(metrics.f1_score(**labels, **zero)),
        "roc_auc": float(metrics.roc_auc_score(of.outcome, of.probability, sample_weight=of.weight)),
        "log_loss": float(metrics.log_loss(of.outcome, of.probability, sample_weight=of.weight)),
        "brier": float(metrics.brier_score_loss(of.outcome, of.probability, sample_weight=of.weight)),
        "expected_calibration_error": expected_calibration_error(of),
    }


def calibration_bins(of: Cases, bins: int = CALIBRATION_BINS) -> list[CalibrationBin]:
    """Return the points of the reliability diagram, at most `bins`, by rising probability."""
    order, starts = _bin_starts(of, bins)
    weight = of.weight[order]
    mass = np.add.reduceat(weight, starts)
    predicted = np.add.reduceat(weight * of.probability[order], starts) / mass
    observed = np.add.reduceat(weight * of.outcome[order], starts) / mass
    return [CalibrationBin(*map(float, point)) for point in zip(predicted, observed, mass, strict=True)]


def expected_calibration_error(of: Cases, bins: int = CALIBRATION_BINS) -> float:
    """Return the ECE over equal-mass bins, as a probability (formula above)."""
    points = calibration_bins(of, bins)
    total = sum(point.weight for point in points)
    return sum(point.weight * abs(point.observed - point.predicted) for point in points) / total


def score_intervals(
    frozen: FrozenScores,
    view: View = "per_trial",
    *,
    confidence_level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Interval]:
    """Return every score with its percentile bootstrap interval over items (trials of an item go together).

    The ECE is biased upwards by resampling (bins get noisier), so its interval may lie above its estimate.
    """
    estimate = score_all(frozen, view)
    table = _SortedCases(cases(frozen, view))
    blocks = [table.score(counts) for counts in resample_counts(len(frozen.trials), resamples, seed)]
    tails = [(1.0 - confidence_level) / 2.0, (1.0 + confidence_level) / 2.0]
    intervals = {}
    for name in SCORE_NAMES:
        low, high = np.nanquantile(np.concatenate([block[name] for block in blocks]), tails)
        intervals[name] = Interval(estimate[name], float(low), float(high))
    return intervals


def _bin_starts(of: Cases, bins: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the order by probability, and where in it each equal-mass bin begins."""
    order = np.argsort(of.probability, kind="stable")
    probability, weight = of.probability[order], of.weight[order]
    tie_starts = np.flatnonzero(np.r_[True, np.diff(probability) > 0])
    middle = (np.cumsum(weight) - weight)[tie_starts] + np.add.reduceat(weight, tie_starts) / 2
    bin_of_tie = np.minimum((middle / weight.sum() * bins).astype(np.int64), bins - 1)
    return order, tie_starts[np.r_[True, np.diff(bin_of_tie) > 0]]


class _SortedCases:
    """Cases by rising probability, with what the scores of many resamples at once need."""

    def __init__(self, of: Cases) -> None:
        order, self._bins = _bin_starts(of, CALIBRATION_BINS)
        outcome, probability = of.outcome[order], of.probability[order]
        self._ties = np.flatnonzero(np.r_[True, np.diff(probability) > 0])
        self._item, self._weight, self._outcome = of.item[order], of.weight[order], outcome
        self._residual = outcome - probability
        said = (probability > 0.5).astype(np.float64)
        clipped = np.clip(probability, _EPSILON, 1.0 - _EPSILON)
        loss = -np.where(outcome > 0, np.log(clipped), np.log1p(-clipped))
        correct = (said == outcome).astype(np.float64)
        self._columns = np.column_stack(
            [np.ones_like(said), correct, said * outcome, said, outcome, loss, self._residual**2]
        )

    def score(self, counts: FloatArray) -> dict[str, FloatArray]:
        """Return float64[k] by score, from float64[k, items]. NaN where a resample has one outcome only."""
        weight = counts[:, self._item] * self._weight
        total, correct, true_positive, said, positive, loss, squared = (weight @ self._columns).T
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "accuracy": correct / total,
                "precision": true_positive / said,
                "recall": true_positive / positive,
                "f1": 2 * true_positive / (said + positive),
                "roc_auc": self._roc_auc(weight, positive, total - positive),
                "log_loss": loss / total,
                "brier": squared / total,
                "expected_calibration_error": self._calibration_error(weight, total),
            }

    def _roc_auc(self, weight: FloatArray, positive: FloatArray, negative: FloatArray) -> FloatArray:
        won = np.add.reduceat(weight * self._outcome, self._ties, axis=1)
        lost = np.add.reduceat(weight * (1.0 - self._outcome), self._ties, axis=1)
        below = np.cumsum(lost, axis=1) - lost / 2
        area: FloatArray = (won * below).sum(axis=1) / (positive * negative)
        return area

    def _calibration_error(self, weight: FloatArray, total: FloatArray) -> FloatArray:
        gaps = np.add.reduceat(weight * self._residual, self._bins, axis=1)
        error: FloatArray = np.abs(gaps).sum(axis=1) / total
        return error
