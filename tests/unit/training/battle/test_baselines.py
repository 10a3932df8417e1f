import numpy as np

from tests.support.tiny_battle import tiny_sets
from training.battle.baselines import fit_heuristic, fit_logistic_regression
from training.battle.evaluation import to_scores
from training.core.scores import score_all


def test_heuristic_goes_by_turns_and_the_faster_side_wins_ties() -> None:
    data = tiny_sets()["train"]
    features = data.features()
    model = fit_heuristic(features, data.wins, data.trials)
    said = model(features)
    assert len(np.unique(said)) == 2
    assert score_all(to_scores(data, said))["accuracy"] > 0.75


def test_logistic_regression_beats_the_heuristic_in_log_loss() -> None:
    train, test = tiny_sets()["train"], tiny_sets()["test"]
    features, seen = train.features(), test.features()
    logistic = fit_logistic_regression(features, train.wins, train.trials)(seen)
    heuristic = fit_heuristic(features, train.wins, train.trials)(seen)
    assert (
        score_all(to_scores(test, logistic))["log_loss"] < score_all(to_scores(test, heuristic))["log_loss"]
    )
