"""A whole pipeline in miniature: a real XGBoost model on synthetic data, its ONNX form, and all that core
asks for."""

import sys
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from numpy.typing import NDArray

from bentos.core.contract import Contract, Field
from bentos.core.errors import FieldError, InvalidFields
from bentos.core.manifest import sha256_digest
from bentos.core.package import ModelPackage
from bentos.core.scorers import BoosterScorer, OnnxScorer
from training.core.pipeline import (
    Candidate,
    Check,
    FrozenScores,
    GatePolicy,
    Progress,
    TrainingInputs,
)

FEATURES = ("height", "weight", "speed")
TRIALS = 12
FROZEN_ITEMS = 600
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8ffff3f0005fe02fea735818400000000"
    "49454e44ae426082"
)


def contract(feature_version: str = "1") -> Contract:
    return Contract(
        model="tiny",
        feature_version=feature_version,
        tables_sha256=sha256_digest(b""),
        inputs=tuple(Field(name=name, dtype="float32", shape=(-1,)) for name in FEATURES),
        features=(Field(name="features", dtype="float32", shape=(-1, len(FEATURES))),),
        outputs=(Field(name="probability", dtype="float32", shape=(-1,)),),
        classes=("loses", "wins"),
        defaults={},
    )


def synthetic(rows: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return float32[rows, 3] features and float64[rows] successes out of TRIALS."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, len(FEATURES))).astype(np.float32)
    logit = 2.0 * features[:, 0] - 1.5 * features[:, 1] + features[:, 0] * features[:, 2]
    successes = generator.binomial(TRIALS, 1.0 / (1.0 + np.exp(-logit)))
    return features, successes.astype(np.float64)


def to_onnx(booster: xgboost.Booster) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnxmltools import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        model = convert_xgboost(booster, initial_types=[("input", FloatTensorType([None, len(FEATURES)]))])
    content: bytes = model.SerializeToString()
    return content


@cache
def train_engines(trees: int, seed: int, rows: int) -> tuple[bytes, bytes]:
    """Return the same model as UBJSON and as ONNX; trained once per test run."""
    features, successes = synthetic(rows, seed)
    matrix = xgboost.DMatrix(features, successes / TRIALS)
    parameters = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.2, "nthread": 1}
    booster = xgboost.train(parameters, matrix, num_boost_round=trees)
    return bytes(booster.save_raw("ubj")), to_onnx(booster)


@dataclass(frozen=True)
class TinyPipeline:
    """`trees` decides how good the model gets, `note` changes the inputs' digest and nothing else."""

    trees: int = 20
    seed: int = 7
    note: str = ""
    rows: int = 400
    feature_version: str = "1"
    gate: GatePolicy = field(
        default_factory=lambda: GatePolicy(
            minimum_scores={"accuracy": 0.6}, maximum_calibration_error=0.2, maximum_cost_ratio=100.0
        )
    )
    unsymmetrical: bool = False
    name: str = "tiny"

    @property
    def contract(self) -> Contract:
        return contract(self.feature_version)

    def inputs(self) -> TrainingInputs:
        return TrainingInputs(
            data_sha256=sha256_digest(b"synthetic"),
            code_sha256=sha256_digest(b"code"),
            contract=self.contract.digest(),
            parameters={"xgboost": {"trees": self.trees, "depth": 3}, "rows": self.rows, "note": self.note},
            seed=self.seed,
        )

    def train(self, progress: Progress) -> Candidate:
        progress("training")
        files = self.files()
        rows = synthetic(3, self.seed)[0]
        answers = OnnxScorer(files["model.onnx"]).score(rows)
        return Candidate(
            files=files,
            metrics={"train/log_loss": 0.5},
            input_example=pd.DataFrame(rows, columns=list(FEATURES)),
            output_example=pd.DataFrame({"wins": answers}),
            figures={"calibration.png": PNG},
            report={"rows": self.rows},
        )

    def files(self) -> dict[str, bytes]:
        """Return the files of the package that a training makes."""
        ubj, onnx = train_engines(self.trees, self.seed, self.rows)
        contract_json = self.contract.encode()
        return {
            "model.ubj": ubj,
            "model.onnx": onnx,
            "contract.json": contract_json,
            "metrics.json": b"{}",
        }

    def score_frozen(self, files: Mapping[str, bytes]) -> FrozenScores:
        features, successes = synthetic(FROZEN_ITEMS, seed=1234)
        probability = OnnxScorer(files["model.onnx"]).score(features).astype(np.float64)
        return FrozenScores(probability, successes, np.full(FROZEN_ITEMS, float(TRIALS)))

    def engine_parity(self, files: Mapping[str, bytes]) -> float:
        features, _ = synthetic(50, seed=99)
        difference = OnnxScorer(files["model.onnx"]).score(features) - BoosterScorer(
            files["model.ubj"]
        ).score(features)
        return float(np.abs(difference).max())

    def cost(self, files: Mapping[str, bytes]) -> Callable[[], object]:
        scorer, (row, _) = OnnxScorer(files["model.onnx"]), synthetic(1, seed=5)
        return lambda: scorer.score(row)

    def behaviour(self, files: Mapping[str, bytes]) -> Sequence[Check]:
        passed = not self.unsymmetrical
        return [Check(name="symmetry", passed=passed, detail="Both orders add up to 1." if passed else "No.")]

    def predict(self, package: ModelPackage, request: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in FEATURES if name not in request]
        if missing:
            raise InvalidFields([FieldError(name, "is missing") for name in missing])
        row = np.array([[request[name] for name in FEATURES]], dtype=np.float32)
        wins = float(OnnxScorer(package.files["model.onnx"]).score(row)[0])
        return {"wins": wins, "model_version": package.pin.version}


def install(monkeypatch: pytest.MonkeyPatch, pipeline: TinyPipeline) -> None:
    """Make `training.tiny.pipeline` importable, as a model's folder would."""
    module = types.ModuleType("training.tiny.pipeline")
    module.__dict__["PIPELINE"] = pipeline
    monkeypatch.setitem(sys.modules, "training.tiny", types.ModuleType("training.tiny"))
    monkeypatch.setitem(sys.modules, "training.tiny.pipeline", module)
