import pytest

from bentos.battle.api import BattleRequest
from bentos.battle.catalogue import describe_pokemon, find_counters, list_pokemon
from bentos.core.errors import UnknownResource
from tests.support.tiny_battle import tiny_predictor


def test_list_has_every_species_by_id() -> None:
    listed = [one.id for one in list_pokemon(tiny_predictor()).pokemon]
    assert listed == sorted(listed)
    assert len(listed) == 171


def test_detail_has_level_50_statistics_and_moves() -> None:
    pikachu = describe_pokemon(tiny_predictor(), 25)
    assert pikachu.name == "Pikachu"
    assert pikachu.statistics["speed"] == 112
    assert set(pikachu.default_moves) <= set(pikachu.learnable_moves)


def test_counters_win_more_often_than_not_and_best_comes_first() -> None:
    predictor = tiny_predictor()
    answer = find_counters(predictor, 6, 5)
    probabilities = [one.win_probability for one in answer.counters]
    assert len(probabilities) == 5
    assert probabilities == sorted(probabilities, reverse=True)
    best = answer.counters[0]
    single = predictor.predict(BattleRequest(best.id, 6)).pokemon_1_win_probability
    assert single == pytest.approx(best.win_probability, abs=1e-6)
    assert single > 0.5


@pytest.mark.parametrize("species_id", [0, 152, 10025, -1])
def test_unknown_pokemon_is_not_found(species_id: int) -> None:
    with pytest.raises(UnknownResource, match=f"no Pokémon with the id {species_id}"):
        describe_pokemon(tiny_predictor(), species_id)
    with pytest.raises(UnknownResource):
        find_counters(tiny_predictor(), species_id, 5)
