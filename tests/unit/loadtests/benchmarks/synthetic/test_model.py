"""The synthetic model is the same each time, in both its forms."""

import numpy as np

from bentos.core.scorers import OnnxScorer
from loadtests.benchmarks.synthetic.model import TrainedModel, draw_rows, load_booster, train_model


def test_same_seed_trains_the_same_model(small_model: TrainedModel) -> None:
    train_model.cache_clear()
    assert train_model(trees=10, depth=3, rows=500).ubj == small_model.ubj


def test_model_has_as_many_trees_as_asked_for(small_model: TrainedModel) -> None:
    assert load_booster(small_model.ubj).num_boosted_rounds() == 10


def test_both_forms_agree(small_model: TrainedModel) -> None:
    rows = draw_rows(100, seed=6)
    assert np.abs(OnnxScorer(small_model.onnx).score(rows) - small_model.score(rows)).max() < 1e-6
    assert small_model.score(rows).std() > 0.05


def test_rows_are_drawn_by_their_seed_with_few_digits() -> None:
    assert np.array_equal(draw_rows(5, 1), draw_rows(5, 1))
    assert not np.array_equal(draw_rows(5, 1), draw_rows(5, 2))
    assert all(len(str(value)) <= 6 for value in draw_rows(5, 1).ravel())
