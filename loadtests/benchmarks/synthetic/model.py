"""The model that every server is given, always the same: trained on drawn numbers with a seed."""

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xgboost

from bentos.core.scorers import FloatArray
from loadtests.benchmarks.synthetic.definition import COLUMNS

TREES = 300
DEPTH = 6
SEED = 20_260
TRAINING_ROWS = 20_000
DECIMALS = 4
"""Digits behind the point: numbers as short in JSON as people write them, and the same in every server."""


@dataclass(frozen=True)
class TrainedModel:
    """The same trees twice: as XGBoost reads them, and as ONNX."""

    ubj: bytes
    onnx: bytes

    def score(self, rows: FloatArray) -> FloatArray:
        """Return float32[n], what the Booster says to float32[n, 20]."""
        return np.asarray(load_booster(self.ubj).inplace_predict(rows), dtype=np.float32)


def draw_rows(count: int, seed: int) -> FloatArray:
    """Return float32[count, 20], uniform in 0..1, with four digits behind the point."""
    drawn = np.random.default_rng((SEED, seed)).random((count, COLUMNS))
    return np.round(drawn, DECIMALS).astype(np.float32)


def load_booster(ubj: bytes, threads: int = 1) -> xgboost.Booster:
    """Return the Booster of these bytes."""
    return xgboost.Booster({"nthread": threads}, model_file=bytearray(ubj))


@lru_cache(maxsize=2)
def train_model(trees: int = TREES, depth: int = DEPTH, rows: int = TRAINING_ROWS) -> TrainedModel:
    """Train it: labels with so much chance in them that trees grow deep."""
    features = draw_rows(rows, seed=0)
    signal = features[:, 0] * features[:, 1] - features[:, 2] + np.sin(6.0 * features[:, 3])
    chance = np.random.default_rng(SEED).random(rows)
    labels = (chance < 1.0 / (1.0 + np.exp(-4.0 * signal))).astype(np.float32)
    parameters = {"objective": "binary:logistic", "max_depth": depth, "eta": 0.05, "seed": SEED, "nthread": 1}
    booster = xgboost.train(parameters, xgboost.DMatrix(features, labels), num_boost_round=trees)
    return TrainedModel(bytes(booster.save_raw("ubj")), _to_onnx(booster))


def _to_onnx(booster: xgboost.Booster) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnxmltools import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        model = convert_xgboost(booster, initial_types=[("input", FloatTensorType([None, COLUMNS]))])
    content: bytes = model.SerializeToString()
    return content
