"""The synthetic service is one that core serves, with the answers of its Booster."""

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bentos.core.errors import SelfTestFailed
from bentos.core.model import LoadedModel, load_model
from bentos.core.settings import ModelSettings
from loadtests.benchmarks.synthetic.definition import (
    BOOSTER_ROWS,
    DEFINITION,
    SelfTest,
    SyntheticPredictor,
    outcomes,
)
from loadtests.benchmarks.synthetic.model import TrainedModel, draw_rows
from loadtests.benchmarks.synthetic.package import SELFTEST_ROWS, write_package

ROOT = Path(__file__).parents[5]


@pytest.fixture(scope="module")
def loaded(small_model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    written = write_package(small_model, tmp_path_factory.mktemp("package"))
    names = {name.removeprefix("EKIBEN_MODEL_").lower(): value for name, value in written.items()}
    return load_model(DEFINITION, ModelSettings.model_validate(names))


@pytest.mark.parametrize("rows", [1, BOOSTER_ROWS - 1, BOOSTER_ROWS, 5_000])
def test_both_engines_give_the_boosters_answers(
    loaded: LoadedModel, small_model: TrainedModel, rows: int
) -> None:
    assert loaded.tensors is not None
    drawn = draw_rows(rows, seed=8)
    found = loaded.tensors.infer({"features": drawn})["probability"]
    assert np.abs(found - small_model.score(drawn)).max() < 1e-6


def test_self_test_fails_for_other_answers(loaded: LoadedModel) -> None:
    package = loaded.package
    stored = msgspec.json.decode(package.files["selftest.json"], type=SelfTest)
    altered = SelfTest(stored.rows, [one + 0.001 for one in stored.probabilities])
    files = {**package.files, "selftest.json": msgspec.json.encode(altered)}
    broken = SyntheticPredictor(type(package)(package.pin, package.manifest, files), 1)
    with pytest.raises(SelfTestFailed):
        broken.self_test()


def test_outcomes_are_both_classes_and_how_sure() -> None:
    (one, sure), (zero, unsure) = outcomes({"probability": np.array([0.9, 0.3], dtype=np.float32)})
    assert (one, zero) == ("1", "0")
    assert (sure.tolist(), unsure.tolist()) == (pytest.approx([0.9]), pytest.approx([0.7]))


def test_single_rows_and_the_self_test_never_load_the_booster() -> None:
    assert SELFTEST_ROWS < BOOSTER_ROWS
    program = "import sys; import loadtests.benchmarks.synthetic.definition; print('xgboost' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False"
