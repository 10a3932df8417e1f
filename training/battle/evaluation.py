"""How good a model is, beside its baselines and the ceiling that chance sets.

The positive class is always "the first side wins", the first side being the faster one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from training.battle import baselines, train
from training.battle.baselines import Model
from training.battle.dataset import Dataset
from training.core.pipeline import FrozenScores
from training.core.scores import View, score_all, score_intervals

FloatArray = NDArray[np.float64]

INTERVAL_RESAMPLES = 400
"""Enough for two digits of an interval's ends, in seconds."""


def to_scores(data: Dataset, probability: FloatArray) -> FrozenScores:
    """Return a model's probabilities float64[n] together with what happened."""
    return FrozenScores(probability=probability, successes=data.wins, trials=data.trials)


def ceiling_accuracy(data: Dataset) -> dict[str, float]:
    """Return what no model can exceed per battle, estimated from many battles of each pairing.

    `plug_in` takes each pairing's majority as known, mean of max(share, 1 - share), which flatters the
    ceiling; `held_out` takes the majority of half the battles and scores it on the other half, which is a
    little too low.
    """
    share = data.wins / data.trials
    return {
        "plug_in": float(np.average(np.maximum(share, 1 - share), weights=data.trials)),
        "held_out": float(np.average(_held_out_majority(data), weights=data.trials)),
    }


def _held_out_majority(data: Dataset) -> FloatArray:
    """Split each pairing's battles in two at random and score one half by the other's majority."""
    generator = np.random.default_rng(0)
    half = (data.trials // 2).astype(np.int64)
    wins = data.wins.astype(np.int64)
    seen = generator.hypergeometric(wins, data.trials.astype(np.int64) - wins, half)
    left_share = (wins - seen) / (data.trials - half)
    return np.where(seen * 2 > half, left_share, np.where(seen * 2 < half, 1 - left_share, 0.5))


def evaluate_booster(booster: xgboost.Booster, sets: dict[str, Dataset]) -> dict[str, Any]:
    """Return the whole report: the Booster beside baselines fitted on the same rows, and the ceiling."""
    fitted = sets["train"]
    features = fitted.features()
    models: dict[str, baselines.Model] = {
        "xgboost": lambda rows: train.predict(booster, rows),
        "logistic_regression": baselines.fit_logistic_regression(features, fitted.wins, fitted.trials),
        "turns_heuristic": baselines.fit_heuristic(features, fitted.wins, fitted.trials),
    }
    judged = {name: sets[name] for name in ("test", "unseen", "ceiling")}
    report = evaluate(models, judged, detailed="xgboost")
    ceiling = ceiling_accuracy(sets["ceiling"])
    reached = report["ceiling"]["models"]["xgboost"]["per_battle"]["accuracy"]
    return {"sets": report, "ceiling_accuracy": ceiling, "share_of_ceiling": reached / ceiling["plug_in"]}


def evaluate(models: Mapping[str, Model], sets: Mapping[str, Dataset], detailed: str) -> dict[str, Any]:
    """Score every model on every set, per battle and against the majority; `detailed` gets intervals and
    strata."""
    return {
        name: {
            "pairings": len(data.trials),
            "battles": int(data.trials.sum()),
            "models": {
                label: _score(to_scores(data, model(features)), data, intervals=label == detailed)
                for label, model in models.items()
            },
        }
        for name, data in sets.items()
        for features in [data.features()]
    }


def _score(frozen: FrozenScores, data: Dataset, *, intervals: bool) -> dict[str, Any]:
    report: dict[str, Any] = {
        "per_battle": score_all(frozen, "per_trial"),
        "majority": score_all(frozen, "majority"),
    }
    if intervals:
        report["intervals"] = {
            "per_battle": _intervals(frozen, "per_trial"),
            "majority": _intervals(frozen, "majority"),
        }
        report["accuracy_by_stratum"] = {
            str(stratum): _accuracy(frozen, data.strata == stratum) for stratum in np.unique(data.strata)
        }
    return report


def _intervals(frozen: FrozenScores, view: View) -> dict[str, list[float]]:
    intervals = score_intervals(frozen, view, resamples=INTERVAL_RESAMPLES)
    return {name: [interval.low, interval.high] for name, interval in intervals.items()}


def _accuracy(frozen: FrozenScores, mask: NDArray[np.bool_]) -> float:
    wins, trials = frozen.successes[mask], frozen.trials[mask]
    correct = np.where(frozen.probability[mask] > 0.5, wins, trials - wins)
    return float(correct.sum() / trials.sum())
