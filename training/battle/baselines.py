"""What the model has to beat: a turns-to-knock-out heuristic and a logistic regression."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bentos.battle.features import FEATURES

FloatArray = NDArray[np.float64]
Model = Callable[[NDArray[np.float32]], FloatArray]
"""float32[n, n_features] to float64[n], the probability that the first side wins."""

_HEURISTIC_COLUMNS = ("first_turns", "second_turns")


def fit_heuristic(features: NDArray[np.float32], wins: FloatArray, trials: FloatArray) -> Model:
    """Whoever needs fewer turns to knock out wins; if equal, the faster. Its probability is a logistic of the
    lead.

    Only the slope and offset of that logistic are fitted, so accuracy is the rule's own up to the offset.
    """
    columns = [FEATURES.index(name) for name in _HEURISTIC_COLUMNS]
    slope = _fit_logistic(_lead(features[:, columns]), wins, trials)
    return lambda rows: np.asarray(slope.predict_proba(_lead(rows[:, columns]))[:, 1])


def fit_logistic_regression(features: NDArray[np.float32], wins: FloatArray, trials: FloatArray) -> Model:
    """A logistic regression on all standardised features."""
    model = _fit_logistic(features, wins, trials)
    return lambda rows: np.asarray(model.predict_proba(rows)[:, 1])


def _lead(turns: NDArray[np.float32]) -> FloatArray:
    whole = np.ceil(turns.astype(np.float64) - 1e-3)
    return np.sign(whole[:, 1:] - whole[:, :1] + 0.5)


def _fit_logistic(features: NDArray[np.generic], wins: FloatArray, trials: FloatArray) -> LogisticRegression:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    return model.fit(
        np.concatenate([features, features]),
        np.repeat([1, 0], len(features)),
        logisticregression__sample_weight=np.concatenate([wins, trials - wins]),
    )
