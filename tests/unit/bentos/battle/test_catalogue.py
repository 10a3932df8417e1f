import csv

import pytest

from bentos.battle.api import BattleRequest
from bentos.battle.catalogue import describe_pokemon, find_counters, list_moves, list_pokemon
from bentos.battle.loadout_arrays import load_loadout_arrays
from bentos.battle.pokedex import TABLES
from bentos.core.errors import UnknownResource
from tests.support.tiny_battle import tiny_predictor


def test_list_has_every_species_by_id() -> None:
    listed = [one.id for one in list_pokemon(tiny_predictor()).pokemon]
    assert listed == sorted(listed)
    assert len(listed) == 171


def test_moves_are_listed_by_the_row_that_they_have_in_the_table() -> None:
    with (TABLES / "moves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    listed = list_moves(tiny_predictor()).moves
    fields = ("slug", "name", "type", "category", "power", "accuracy")
    assert [[str(getattr(one, name)) for name in fields] for one in listed] == [
        [row[name] for name in fields] for row in rows
    ]
    assert [one.number for one in listed] == list(range(1, len(rows) + 1))


def test_every_move_is_known_in_tensors_under_its_listed_number() -> None:
    predictor, arrays = tiny_predictor(), load_loadout_arrays()
    number_of = {one.slug: one.number for one in list_moves(predictor).moves}
    learnset = predictor.index.pokedex.learnset
    assert set().union(*learnset.values()) == set(number_of)
    for species_id, slugs in learnset.items():
        for slug in slugs:
            expected = predictor.index.encode(species_id, [slug])
            assert arrays.encode_row(species_id, [number_of[slug]]) == expected


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
