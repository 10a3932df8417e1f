import pytest

from bentos.battle.loadouts import UnknownPokemon, UnusableMoves, load_index


def test_defaults_are_used_when_no_moves_are_named() -> None:
    index = load_index()
    assert index.encode(25) == index.encode(25, index.pokedex.default_moves(25))


def test_order_of_moves_does_not_matter() -> None:
    index = load_index()
    assert index.encode(25, ["thunderbolt", "dig"]) == index.encode(25, ["dig", "thunderbolt"])


def test_places_without_a_move_are_empty_and_last() -> None:
    index = load_index()
    loadout = index.encode(25, ["thunderbolt"])
    assert loadout[1:] == (index.empty,) * 3
    assert [move.slug for move in index.moves_at(loadout)] == ["thunderbolt"]


def test_the_faster_side_has_the_smaller_loadout() -> None:
    index = load_index()
    for one in index.species:
        for two in index.species:
            if one.speed > two.speed:
                assert index.encode(one.id) < index.encode(two.id)


def test_every_learnable_pair_has_a_number() -> None:
    index = load_index()
    assert index.empty == 4665
    assert {
        len(index.encode(one.id, [slug])) for one in index.species for slug in index.pokedex.learnset[one.id]
    } == {4}


def test_species_survives_the_round_trip() -> None:
    index = load_index()
    assert all(index.species_at(index.encode(one.id)) is one for one in index.species)


def test_unknown_id_is_named() -> None:
    with pytest.raises(UnknownPokemon, match="no Pokémon has the id 9999"):
        load_index().encode(9999)


def test_unlearnable_move_is_named() -> None:
    with pytest.raises(UnusableMoves, match="Magikarp can't learn 'psychic'"):
        load_index().encode(129, ["psychic"])


@pytest.mark.parametrize(
    "moves",
    [[], ["dig", "dig"], ["dig", "thunderbolt", "slam", "headbutt", "facade"]],
    ids=["none", "repeated", "five"],
)
def test_one_to_four_distinct_moves_are_needed(moves: list[str]) -> None:
    with pytest.raises(UnusableMoves, match="1 to 4 distinct moves"):
        load_index().encode(25, moves)
