"""Two engines for the same trees."""

import gc
from concurrent.futures import ThreadPoolExecutor

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


def test_single_rows_get_what_they_get_among_many() -> None:
    scorer = OnnxScorer(model_files()["model.onnx"])
    together = scorer.score(ROWS)
    assert [scorer.score_row(row.tobytes()) for row in ROWS] == together.tolist()
    for count in (0, 1, 2, 31, 32, 33):
        assert scorer.score_rows([row.tobytes() for row in ROWS[:count]]) == together.tolist()[:count]


def test_threads_do_not_mix_up_their_rows() -> None:
    scorer = OnnxScorer(model_files()["model.onnx"])
    rows = [row.tobytes() for row in ROWS] * 20
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(scorer.score_row, rows)) == scorer.score(ROWS).tolist() * 20


@pytest.mark.parametrize("floats", [0, 1, 3])
def test_row_of_another_size_is_refused(floats: int) -> None:
    with pytest.raises(ValueError, match="different structures"):
        OnnxScorer(model_files()["model.onnx"]).score_row(bytes(4 * floats))


def test_what_comes_with_the_booster_is_not_looked_through_for_garbage() -> None:
    scorer = BoosterScorer(model_files()["model.ubj"])
    assert gc.get_objects()
    scorer.score(ROWS)
    assert len(gc.get_objects()) < 1000


def test_contributions_add_up_to_the_answer() -> None:
    scorer = BoosterScorer(model_files()["model.ubj"])
    contributions = scorer.contributions(ROWS)
    assert contributions.shape == (500, 3)
    assert 1 / (1 + np.exp(-contributions.sum(axis=1))) == pytest.approx(scorer.score(ROWS), abs=1e-5)
