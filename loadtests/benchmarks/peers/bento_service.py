"""A BentoML service as its examples have them, with a synchronous API. `BENCH_MODEL` names the
model's file."""

import os

import bentoml
import numpy as np
import xgboost


@bentoml.service
class Scorer:
    """Scores rows of ready-made features."""

    def __init__(self) -> None:
        self.booster = xgboost.Booster({"nthread": 1}, model_file=os.environ["BENCH_MODEL"])

    @bentoml.api  # type: ignore[untyped-decorator]
    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return one probability a row."""
        return self.booster.inplace_predict(features)
