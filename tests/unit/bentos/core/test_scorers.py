"""Two engines for the same trees."""

import numpy as np
import pytest

from bentos.core.scorers import BoosterScorer, OnnxScorer
from tests.support.tiny.package import model_files

ROWS = np.random.default_rng(3).uniform(0, 100, size=(500, 2)).astype(np.float32)


def test_engines_agree_on_every_row() -> None:
    files = model_files()
    onnx, booster = OnnxScorer(files["model.onnx"]).score(ROWS), BoosterScorer(files["model.ubj"]).score(ROWS)
    assert onnx.dtype == booster.dtype == np.float32
    assert onnx.shape == booster.shape == (500,)
    assert np.abs(onnx - booster).max() < 1e-6
    assert 0 < onnx.min() < onnx.max() < 1


def test_contributions_add_up_to_the_answer() -> None:
    scorer = BoosterScorer(model_files()["model.ubj"])
    contributions = scorer.contributions(ROWS)
    assert contributions.shape == (500, 3)
    assert 1 / (1 + np.exp(-contributions.sum(axis=1))) == pytest.approx(scorer.score(ROWS), abs=1e-5)
