"""From a fitted Booster to the candidate that core registers: package files, metrics, plots, examples."""

from typing import Any

import msgspec
import pandas as pd
import xgboost

from bentos.battle.contract import load_contract
from bentos.battle.features import FEATURES
from bentos.battle.predictor import BOOSTER_NAME, ONNX_NAME, SELFTEST_NAME, BattlePredictor, SelfTest
from bentos.core.package import CONTRACT_NAME
from training.battle import evaluation, figures, train
from training.battle.dataset import Dataset, to_requests
from training.battle.reference_profile import describe_reference
from training.core.pipeline import Candidate

EXAMPLE_ROWS = 3
SELFTEST_ROWS = 64


def make_candidate(booster: xgboost.Booster, sets: dict[str, Dataset], report: dict[str, Any]) -> Candidate:
    """Return everything that is known about the Booster, judged on `sets`."""
    features = sets["test"].features()
    frozen = evaluation.to_scores(sets["test"], train.predict(booster, features))
    example = features[:EXAMPLE_ROWS]
    return Candidate(
        files=_files(booster, sets, report),
        metrics=_metrics(booster, report),
        figures={
            "confusion.png": figures.draw_confusion(frozen),
            "calibration.png": figures.draw_calibration(frozen),
            "importance.png": figures.draw_importance(booster),
        },
        report=report,
        input_example=pd.DataFrame(example, columns=list(FEATURES)),
        output_example=pd.DataFrame({"probability": train.predict(booster, example)}),
    )


def _files(booster: xgboost.Booster, sets: dict[str, Dataset], report: dict[str, Any]) -> dict[str, bytes]:
    files = {BOOSTER_NAME: train.to_ubjson(booster), ONNX_NAME: train.to_onnx(booster), SELFTEST_NAME: b""}
    predictor = BattlePredictor(files, "candidate")
    requests = to_requests(sets["test"], SELFTEST_ROWS)
    answers = [predictor.predict(request).pokemon_1_win_probability for request in requests]
    return files | {
        SELFTEST_NAME: msgspec.json.encode(SelfTest(requests=requests, probabilities=answers)),
        CONTRACT_NAME: load_contract().encode(),
        "reference.json": describe_reference(sets["train"], predictor),
        "metrics.json": msgspec.json.format(msgspec.json.encode(report), indent=1),
    }


def _prefix(name: str, model: str, view: str) -> str:
    """Say `test`, `test_majority`, `test_turns_heuristic`: the model itself and single battles go without
    saying."""
    parts = (name, "" if model == "xgboost" else model, "" if view == "per_battle" else view)
    return "_".join(part for part in parts if part)


def _metrics(booster: xgboost.Booster, report: dict[str, Any]) -> dict[str, float]:
    scores = {
        f"{_prefix(name, model, view)}_{score}": value
        for name, judged in report["sets"].items()
        for model, views in judged["models"].items()
        for view in ("per_battle", "majority")
        for score, value in views[view].items()
    }
    ends = {
        f"{_prefix(name, 'xgboost', view)}_{score}_{end}": value
        for name, judged in report["sets"].items()
        for view, intervals in judged["models"]["xgboost"]["intervals"].items()
        for score, interval in intervals.items()
        for end, value in zip(("low", "high"), interval, strict=True)
    }
    return (
        scores
        | ends
        | {
            "ceiling_accuracy_plug_in": report["ceiling_accuracy"]["plug_in"],
            "share_of_ceiling": report["share_of_ceiling"],
            "trees": float(booster.num_boosted_rounds()),
        }
    )
