from bentos.battle.predictor import ONNX_NAME
from tests.support.tiny_battle import PARAMETERS, tiny_candidate, tiny_sets
from training.battle import train
from training.battle.behaviour import check_behaviour
from training.battle.dataset import Dataset


def test_sensible_model_keeps_every_invariance() -> None:
    checks = {check.name: check for check in check_behaviour(tiny_candidate().files)}
    assert all(check.passed for name, check in checks.items() if name.startswith(("invariance", "direction")))


def test_model_trained_on_reversed_outcomes_is_caught() -> None:
    sets = {
        name: Dataset(data.rows, data.trials - data.wins, data.trials, data.strata)
        for name, data in tiny_sets().items()
    }
    matrix = train.to_matrix(sets["train"], 64)
    booster = train.fit(matrix, train.to_matrix(sets["validation"], 64, matrix), PARAMETERS)
    files = tiny_candidate().files | {ONNX_NAME: train.to_onnx(booster)}
    failed = {check.name for check in check_behaviour(files) if not check.passed}
    assert "known case: Mewtwo beats Magikarp" in failed
    assert "direction: a weaker move set does not help" in failed
