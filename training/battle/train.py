"""Fit the Booster and turn it into what is served. Pure steps; the order they run in is `pipeline.py`'s."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from bentos.battle.features import FEATURES
from training.battle.dataset import Dataset

OPSET = 15
REPORT_ROUNDS = 100


class _Report(xgboost.callback.TrainingCallback):
    """Say how far training is, now and then."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Tell the latest validation loss; never ends the training."""
        if epoch % REPORT_ROUNDS == 0:
            self._progress(f"round {epoch}: validation log loss {evals_log['validation']['logloss'][-1]:.4f}")
        return False


def to_matrix(
    data: Dataset, max_bin: int, reference: xgboost.QuantileDMatrix | None = None
) -> xgboost.QuantileDMatrix:
    """Return the matrix of a set: labels are shares of won battles, weights the number of battles.

    `reference` is the training matrix, whose bins the other sets share.
    """
    return xgboost.QuantileDMatrix(
        data.features(), label=data.wins / data.trials, weight=data.trials, max_bin=max_bin, ref=reference
    )


def fit(
    train: xgboost.DMatrix,
    validation: xgboost.DMatrix,
    parameters: dict[str, Any],
    progress: Callable[[str], None] = lambda _: None,
) -> xgboost.Booster:
    """Fit with early stopping and return the Booster cut to its best round.

    The cut matters: exported or saved whole, an early-stopped Booster would answer with all its trees.
    """
    booster = xgboost.train(
        {
            "objective": "binary:logistic",
            "eval_metric": "logloss",
            "seed": parameters["seed"],
            **parameters["booster"],
        },
        train,
        num_boost_round=parameters["rounds"],
        evals=[(validation, "validation")],
        early_stopping_rounds=parameters["early_stopping_rounds"],
        verbose_eval=False,
        callbacks=[_Report(progress)],
    )
    return booster[: booster.best_iteration + 1]


def to_onnx(booster: xgboost.Booster) -> bytes:
    """Return the same trees as an ONNX model with input `features` float32[n, n_features].

    The converter insists on features called f0, f1, …; the contract keeps their real names.
    """
    booster.feature_names = [f"f{column}" for column in range(len(FEATURES))]
    model = convert_xgboost(
        booster, initial_types=[("features", FloatTensorType([None, len(FEATURES)]))], target_opset=OPSET
    )
    return bytes(model.SerializeToString())


def to_ubjson(booster: xgboost.Booster) -> bytes:
    """Return the Booster in XGBoost's own binary JSON."""
    return bytes(booster.save_raw(raw_format="ubj"))


def predict(booster: xgboost.Booster, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return float64[n], the probability that the first side wins."""
    return np.asarray(booster.inplace_predict(features), dtype=np.float64)
