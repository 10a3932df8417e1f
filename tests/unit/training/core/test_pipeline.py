"""Finding pipelines, and naming what a training is made from."""

import sys
import types
from pathlib import Path

import msgspec
import pytest

from tests.support import tiny_pipeline
from tests.support.tiny_pipeline import TinyPipeline
from training.core.errors import UnknownModel
from training.core.pipeline import GatePolicy, TrainingInputs, find_pipeline


def test_model_is_found_by_the_name_of_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = TinyPipeline()
    tiny_pipeline.install(monkeypatch, pipeline)
    assert find_pipeline("tiny") is pipeline


@pytest.mark.parametrize("name", ["nothing", "core", "../battle", "battle.pipeline", "", "Battle", "os"])
def test_unknown_model_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownModel, match=repr(name)):
        find_pipeline(name)


def test_module_missing_inside_a_pipeline_is_not_taken_for_a_missing_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipeline.py").write_text("import a_module_that_nobody_installed\n")
    package = types.ModuleType("training.broken")
    package.__path__ = [str(tmp_path)]
    monkeypatch.setitem(sys.modules, "training.broken", package)
    with pytest.raises(ModuleNotFoundError, match="a_module_that_nobody_installed"):
        find_pipeline("broken")


def test_digest_is_the_same_for_equal_inputs_and_differs_in_every_field() -> None:
    inputs = TinyPipeline().inputs()
    changed = {
        "data_sha256": "sha256:other",
        "code_sha256": "sha256:other",
        "contract": "sha256:other",
        "parameters": {**inputs.parameters, "rows": 401},
        "seed": 8,
    }
    assert set(changed) == {field.name for field in msgspec.structs.fields(TrainingInputs)}
    assert TinyPipeline().inputs().digest() == inputs.digest()
    others = {msgspec.structs.replace(inputs, **{name: value}).digest() for name, value in changed.items()}
    assert len(others | {inputs.digest()}) == len(changed) + 1


def test_order_of_parameters_does_not_change_the_digest() -> None:
    inputs = TinyPipeline().inputs()
    turned = dict(reversed(inputs.parameters.items()))
    assert msgspec.structs.replace(inputs, parameters=turned).digest() == inputs.digest()


def test_gate_policy_is_read_from_parameters() -> None:
    policy = msgspec.convert({"minimum_scores": {"accuracy": 0.85}, "maximum_cost_ratio": 1.2}, GatePolicy)
    assert policy.minimum_scores == {"accuracy": 0.85}
    assert policy.parity_tolerance == 1e-6
