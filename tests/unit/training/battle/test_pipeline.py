import math
from typing import Any

import pytest

from bentos.core.errors import InvalidFields
from bentos.core.package import ModelPackage, Pin
from tests.support.tiny_battle import tiny_candidate, tiny_sets, unsigned_package
from training.battle import pipeline
from training.core.pipeline import find_pipeline


@pytest.fixture(autouse=True)
def _small_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "load_sets", tiny_sets)


def _model() -> ModelPackage:
    return unsigned_package(tiny_candidate().files)


def test_pipeline_is_found_by_name() -> None:
    assert find_pipeline("battle") is pipeline.PIPELINE


def test_inputs_change_with_parameters_and_not_with_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    def digest(**changes: Any) -> str:
        changed = pipeline.BattlePipeline()
        monkeypatch.setattr(changed, "parameters", pipeline.PIPELINE.parameters | changes)
        return changed.inputs().digest()

    assert digest() == digest() == digest(gate={})
    assert digest(rounds=1) != digest()


def test_frozen_scores_cover_the_test_pairings() -> None:
    scores = pipeline.PIPELINE.score_frozen(tiny_candidate().files)
    assert len(scores.probability) == len(tiny_sets()["test"].trials)
    assert ((scores.probability >= 0) & (scores.probability <= 1)).all()


def test_engines_agree() -> None:
    assert pipeline.PIPELINE.engine_parity(tiny_candidate().files) <= pipeline.PIPELINE.gate.parity_tolerance


def test_cost_answers_another_battle_each_time() -> None:
    answer = pipeline.PIPELINE.cost(tiny_candidate().files)
    assert len({str(answer()) for _ in range(10)}) > 5


def test_prediction_answers_as_the_service_does() -> None:
    answer = pipeline.PIPELINE.predict(_model(), {"pokemon_1_id": 150, "pokemon_2_id": 129})
    assert answer["winner_name"] == "Mewtwo"
    assert answer["model_version"] == Pin(uri="", version="9", digest="").version
    assert math.isclose(answer["pokemon_1_win_probability"] + answer["pokemon_2_win_probability"], 1)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"pokemon_1_id": "x", "pokemon_2_id": 6}, "pokemon_1_id"),
        ({"pokemon_1_id": 25}, "pokemon_2_id"),
        ({"pokemon_1_id": 25, "pokemon_2_id": 6, "level": 100}, "level"),
    ],
)
def test_bad_request_names_its_field(request_: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        pipeline.PIPELINE.predict(_model(), request_)
    assert [error.field for error in caught.value.errors] == [field]


def test_training_makes_a_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    small = pipeline.BattlePipeline()
    monkeypatch.setattr(small, "parameters", pipeline.PIPELINE.parameters | {"rounds": 5})
    told: list[str] = []
    candidate = small.train(told.append)
    assert candidate.metrics["trees"] == 5
    assert any("evaluating 5 trees" in line for line in told)
