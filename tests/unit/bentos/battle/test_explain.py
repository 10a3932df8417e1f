import math

import pytest

from bentos.battle.api import BattleRequest
from bentos.battle.explain import explain, mechanism_of
from bentos.battle.features import FEATURES
from tests.support.tiny_battle import tiny_predictor


@pytest.mark.parametrize("request_", [BattleRequest(25, 6), BattleRequest(6, 25), BattleRequest(129, 150)])
def test_contributions_add_up_to_the_log_odds(request_: BattleRequest) -> None:
    answer = explain(tiny_predictor(), request_)
    total = answer.base_log_odds + sum(one.log_odds for one in answer.contributions)
    probability = answer.prediction.pokemon_1_win_probability
    assert 1 / (1 + math.exp(-total)) == pytest.approx(probability, abs=1e-4)


def test_swapping_sides_turns_every_contribution_round() -> None:
    one = explain(tiny_predictor(), BattleRequest(25, 6))
    two = explain(tiny_predictor(), BattleRequest(6, 25))
    assert {each.mechanism: each.log_odds for each in one.contributions} == {
        each.mechanism: -each.log_odds for each in two.contributions
    }
    assert [each.favours for each in one.contributions if each.log_odds] == [
        each.favours for each in two.contributions if each.log_odds
    ]


def test_largest_contribution_comes_first() -> None:
    sizes = [abs(one.log_odds) for one in explain(tiny_predictor(), BattleRequest(25, 6)).contributions]
    assert sizes == sorted(sizes, reverse=True)


def test_words_name_the_best_attack_and_values_the_side() -> None:
    answer = explain(tiny_predictor(), BattleRequest(6, 3, ["flamethrower"], ["vine-whip", "growl"]))
    race = next(one for one in answer.contributions if one.mechanism == "knock-out race")
    assert "Flamethrower of Charizard takes" in race.explanation
    assert "Vine Whip of Venusaur takes" in race.explanation
    assert race.values["pokemon_1_damage_1"] > race.values["pokemon_2_damage_1"]


def test_harmless_side_is_said_to_have_no_attack() -> None:
    answer = explain(tiny_predictor(), BattleRequest(129, 94, ["splash"], ["sludge-bomb"]))
    race = next(one for one in answer.contributions if one.mechanism == "knock-out race")
    assert "Magikarp has no attack that it can count on against Gengar." in race.explanation


def test_same_species_are_told_apart() -> None:
    answer = explain(tiny_predictor(), BattleRequest(143, 143, None, ["rest"]))
    assert {one.favours for one in answer.contributions} <= {"Snorlax (1)", "Snorlax (2)"}
    speed = next(one for one in answer.contributions if one.mechanism == "speed")
    assert speed.explanation == "Both have speed 51; who moves first is chance."


def test_lost_stages_are_said_to_be_lost() -> None:
    answer = explain(tiny_predictor(), BattleRequest(143, 6, ["superpower"]))
    changes = next(one for one in answer.contributions if one.mechanism == "stat changes")
    assert "Snorlax: lose attack, lose bulk" in changes.explanation


def test_mirror_match_has_nothing_to_explain() -> None:
    answer = explain(tiny_predictor(), BattleRequest(25, 25))
    assert answer.contributions == []
    assert "neither is favoured" in answer.summary


def test_every_feature_belongs_to_a_mechanism_with_words() -> None:
    mechanisms = {mechanism_of(name) for name in FEATURES}
    assert mechanisms == {
        one.mechanism for one in explain(tiny_predictor(), BattleRequest(25, 6)).contributions
    }


def test_nothing_uncertain_is_called_certain() -> None:
    answer = explain(tiny_predictor(), BattleRequest(150, 129))
    assert answer.prediction.confidence < 1
    assert "wins 100%" not in answer.summary


def test_absent_effects_are_said_to_be_absent() -> None:
    answer = explain(tiny_predictor(), BattleRequest(6, 3, ["slash"], ["tackle"]))
    healing = next(one for one in answer.contributions if one.mechanism == "healing and recoil")
    assert healing.explanation.startswith("No move on either side does any of this")
