import numpy as np
import xgboost

from bentos.battle.features import FEATURES
from bentos.core.scorers import BoosterScorer, OnnxScorer
from tests.support.tiny_battle import PARAMETERS, tiny_sets
from training.battle import train


def _fit(**changes: object) -> xgboost.Booster:
    sets = tiny_sets()
    matrix = train.to_matrix(sets["train"], 64)
    return train.fit(matrix, train.to_matrix(sets["validation"], 64, matrix), PARAMETERS | changes)


def test_training_twice_gives_the_same_bytes() -> None:
    assert train.to_ubjson(_fit()) == train.to_ubjson(_fit())


def test_early_stopped_booster_is_cut_to_its_best_round_everywhere() -> None:
    overfitted = PARAMETERS["booster"] | {"learning_rate": 1.0, "max_depth": 8}
    booster = _fit(rounds=200, early_stopping_rounds=3, booster=overfitted)
    assert booster.num_boosted_rounds() < 190
    features = tiny_sets()["test"].features()
    said = train.predict(booster, features)
    onnx, ubjson = OnnxScorer(train.to_onnx(booster)), BoosterScorer(train.to_ubjson(booster))
    np.testing.assert_allclose(onnx.score(features), said, atol=1e-6)
    np.testing.assert_allclose(ubjson.score(features), said, atol=1e-6)


def test_progress_is_told() -> None:
    told: list[str] = []
    sets = tiny_sets()
    matrix = train.to_matrix(sets["train"], 64)
    train.fit(matrix, train.to_matrix(sets["validation"], 64, matrix), PARAMETERS, told.append)
    assert told[0].startswith("round 0: validation log loss")


def test_matrix_has_shares_as_labels_and_battles_as_weights() -> None:
    data = tiny_sets()["test"]
    matrix = train.to_matrix(data, 64)
    assert matrix.num_col() == len(FEATURES)
    np.testing.assert_allclose(matrix.get_label(), data.wins / data.trials, rtol=1e-6)
    np.testing.assert_allclose(matrix.get_weight(), data.trials)
