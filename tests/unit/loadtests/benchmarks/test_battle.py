"""Battle is asked for random pairs, and its answers are those of its Booster."""

import json
from pathlib import Path

import msgspec
import pytest

from bentos.battle.api import BattleRequest, BattlesRequest
from bentos.battle.contract import INPUTS
from loadtests.benchmarks.battle import BattleQuestions, battle_contender, find_pin
from tests.support.battle_package import make_battle_package
from tests.support.tiny_battle import tiny_predictor


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return make_battle_package(tmp_path_factory.mktemp("battle")).environment()


@pytest.fixture(scope="session")
def questions(settings: dict[str, str]) -> BattleQuestions:
    return BattleQuestions(settings)


def test_expected_answers_are_those_of_the_service(questions: BattleQuestions) -> None:
    battles = questions.draw(40, seed=3)
    battles.append(BattleRequest(25, 25))
    served = tiny_predictor().predict_many(BattlesRequest(battles)).predictions
    assert questions.expected(battles) == pytest.approx(
        [one.pokemon_1_win_probability for one in served], abs=1e-6
    )


def test_moves_are_named_at_random_and_left_out_otherwise(questions: BattleQuestions) -> None:
    bodies = [json.loads(questions.single().draw(1, seed).content) for seed in range(100)]
    assert {"pokemon_1_moves" in body for body in bodies} == {True, False}
    assert all(value is not None for body in bodies for value in body.values())
    assert len({json.dumps(body) for body in bodies}) == 100


def test_batches_ask_the_same_battles_in_every_form(questions: BattleQuestions) -> None:
    many = json.loads(questions.many().draw(5, 7).content)["battles"]
    tensors = {one["name"]: one for one in json.loads(questions.tensors().draw(5, 7).content)["inputs"]}
    assert tensors["pokemon_1_id"]["data"] == [battle["pokemon_1_id"] for battle in many]
    moves = tensors["pokemon_2_moves"]
    named = [row for row in range(5) if any(moves["data"][4 * row : 4 * row + 4])]
    assert named == [row for row, battle in enumerate(many) if "pokemon_2_moves" in battle]
    assert set(tensors) == {field.name for field in INPUTS}
    binary = questions.binary().draw(5, 7)
    assert list(binary.expected()) == list(questions.many().draw(5, 7).expected())


def test_features_are_ready_made_rows(questions: BattleQuestions) -> None:
    rows = questions.features(7, seed=1)
    assert rows.dtype == "float32"
    assert len(rows) == 7


def test_contender_is_ours_and_has_three_forms(settings: dict[str, str]) -> None:
    made = battle_contender(settings)
    assert made.ours
    assert [form.name for form in made.batches] == ["JSON", "OIP JSON", "binary"]


def test_pin_of_the_home_is_found(tmp_path: Path) -> None:
    rollout = make_battle_package(tmp_path)
    (tmp_path / "pins").mkdir()
    (tmp_path / "pins" / "battle.json").write_bytes(msgspec.json.encode(rollout))
    assert find_pin({"EKIBEN_HOME": str(tmp_path)}) == rollout.environment()


def test_settings_that_name_a_package_win(tmp_path: Path) -> None:
    named = {"EKIBEN_MODEL_URI": "/models/1", "EKIBEN_MODEL_VERSION": "1"}
    found = find_pin({"EKIBEN_HOME": str(tmp_path), **named})
    assert found is not None
    assert (found["EKIBEN_MODEL_SOURCE"], found["EKIBEN_MODEL_URI"]) == ("registry", "/models/1")


def test_home_without_a_champion_has_no_pin(tmp_path: Path) -> None:
    assert find_pin({"EKIBEN_HOME": str(tmp_path)}) is None
