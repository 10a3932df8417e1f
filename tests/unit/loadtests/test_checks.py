"""Right answers pass, and each kind of wrong answer is told apart. Right ones are the real predictor's."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bentos.battle.api import BattleRequest, BattlesRequest
from bentos.battle.catalogue import describe_pokemon, find_counters, list_pokemon
from bentos.battle.pokedex import load_pokedex
from loadtests.checks import AnswerChecks, WrongAnswer, check_head
from loadtests.payloads import Questions
from tests.support.tiny_battle import tiny_predictor

BATTLE = BattleRequest(25, 6)
HEAD = {"x-request-id": "load-1", "content-type": "application/json"}


def _checks(*versions: str) -> AnswerChecks:
    return AnswerChecks(load_pokedex(), frozenset(versions))


def _document(answer: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(answer))


def _changed(answer: msgspec.Struct, change: Callable[[Any], object]) -> bytes:
    document = _document(answer)
    change(document)
    return msgspec.json.encode(document)


def test_the_real_predictor_passes() -> None:
    predictor, checks = tiny_predictor(), _checks("7")
    questions = Questions(load_pokedex(), (3,), 40)
    for _ in range(20):
        battle, battles = questions.battle(), questions.battles()
        checks.battle(battle, msgspec.json.encode(predictor.predict(battle)))
        checks.battles(battles, msgspec.json.encode(predictor.predict_many(battles)))
    checks.battle(BattleRequest(25, 25), msgspec.json.encode(predictor.predict(BattleRequest(25, 25))))
    checks.pokemon_list(msgspec.json.encode(list_pokemon(predictor)))
    checks.pokemon(10026, msgspec.json.encode(describe_pokemon(predictor, 10026)))
    checks.counters(25, 5, msgspec.json.encode(find_counters(predictor, 25, 5)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda answer: answer.update(pokemon_1_win_probability=0.5), "do not add up to 1"),
        (lambda answer: answer.update(winner=3 - answer["winner"]), "contradict"),
        (lambda answer: answer.update(confidence=1.0), "contradict"),
        (lambda answer: answer.update(winner_name="Missingno."), "winner's name"),
        (lambda answer: answer.update(model_version="8"), "another model version"),
        (lambda answer: answer.update(model_version=""), "names no model version"),
        (lambda answer: answer.update(winner=3), "not what the contract says"),
        (lambda answer: answer.pop("confidence"), "not what the contract says"),
    ],
)
def test_a_wrong_answer_to_a_battle_is_told_by_what_is_wrong(
    change: Callable[[Any], object], message: str
) -> None:
    content = _changed(tiny_predictor().predict(BATTLE), change)
    with pytest.raises(WrongAnswer, match=message):
        _checks("7").battle(BATTLE, content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda answer: answer["predictions"].pop(), "not as many answers"),
        (lambda answer: answer["predictions"].reverse(), "winner's name"),
        (lambda answer: answer["predictions"][1].update(model_version="8"), "several model versions"),
    ],
)
def test_a_wrong_answer_to_a_batch_is_told_by_what_is_wrong(
    change: Callable[[Any], object], message: str
) -> None:
    battles = BattlesRequest([BATTLE, BattleRequest(150, 129)])
    content = _changed(tiny_predictor().predict_many(battles), change)
    with pytest.raises(WrongAnswer, match=message):
        _checks("7").battles(battles, content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda answer: answer.update(id=26), "not those of the asked"),
        (lambda answer: answer["counters"][0].update(id=25), "not those of the asked"),
        (lambda answer: answer["counters"].append(answer["counters"][-1]), "more counters"),
        (lambda answer: answer["counters"][0].update(win_probability=0.501), "best first"),
        (lambda answer: answer["counters"][-1].update(win_probability=0.5), "best first"),
        (lambda answer: answer["counters"][0].update(name="Missingno."), "not in the tables"),
        (lambda answer: answer.update(model_version="8"), "another model version"),
    ],
)
def test_wrong_counters_are_told_by_what_is_wrong(change: Callable[[Any], object], message: str) -> None:
    content = _changed(find_counters(tiny_predictor(), 25, 5), change)
    with pytest.raises(WrongAnswer, match=message):
        _checks("7").counters(25, 5, content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda answer: answer.update(name="Raichu"), "another Pokémon"),
        (lambda answer: answer["learnable_moves"].pop(), "learnable moves"),
        (lambda answer: answer["default_moves"].reverse(), "default moves"),
    ],
)
def test_a_wrong_description_is_told_by_what_is_wrong(change: Callable[[Any], object], message: str) -> None:
    content = _changed(describe_pokemon(tiny_predictor(), 25), change)
    with pytest.raises(WrongAnswer, match=message):
        _checks().pokemon(25, content)


def test_a_list_that_lacks_one_is_wrong() -> None:
    content = _changed(list_pokemon(tiny_predictor()), lambda answer: answer["pokemon"].pop())
    with pytest.raises(WrongAnswer, match="list of Pokémon"):
        _checks().pokemon_list(content)


def test_without_versions_the_first_that_answers_is_the_only_one() -> None:
    checks, answer = _checks(), tiny_predictor().predict(BATTLE)
    checks.battle(BATTLE, msgspec.json.encode(answer))
    with pytest.raises(WrongAnswer, match="another model version"):
        checks.battle(BATTLE, _changed(answer, lambda document: document.update(model_version="8")))


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (503, HEAD, "status is 503"),
        (302, HEAD, "status is 302"),
        (200, {**HEAD, "x-request-id": "load-2"}, "X-Request-ID"),
        (200, {"content-type": "application/json"}, "X-Request-ID"),
        (200, {**HEAD, "content-type": "text/html"}, "Content-Type"),
    ],
)
def test_a_wrong_head_is_told_by_what_is_wrong(status: int, headers: dict[str, str], message: str) -> None:
    with pytest.raises(WrongAnswer, match=message):
        check_head(status, headers, "load-1")


def test_a_right_head_passes() -> None:
    check_head(200, HEAD, "load-1")
