"""The reference tables as serving reads them, and the one rule for default moves."""

import numpy as np
import pytest

from bentos.battle.pokedex import MOST_MOVES, Pokedex, load_pokedex, strength


@pytest.fixture(scope="module")
def pokedex() -> Pokedex:
    return load_pokedex()


def test_tables_have_all_species_moves_and_learnsets(pokedex: Pokedex) -> None:
    assert len(pokedex.species) == 171
    assert len(pokedex.moves) == 213
    assert sum(len(moves) for moves in pokedex.learnset.values()) == 4665


def test_species_are_sorted_by_id_and_moves_by_slug(pokedex: Pokedex) -> None:
    assert [one.id for one in pokedex.species] == sorted(pokedex.species_by_id)
    assert [move.slug for move in pokedex.moves] == sorted(pokedex.moves_by_slug)


@pytest.mark.parametrize(
    ("species_id", "slug", "dex_number", "forme"),
    [
        (6, "charizard", 6, ""),
        (25, "pikachu", 25, ""),
        (122, "mr-mime", 122, ""),
        (809, "melmetal", 809, ""),
        (10026, "raichu-alola", 26, "Alola"),
    ],
)
def test_ids_are_dex_numbers_and_alolan_formes_lie_above_ten_thousand(
    pokedex: Pokedex, species_id: int, slug: str, dex_number: int, forme: str
) -> None:
    one = pokedex.species_by_id[species_id]
    assert (one.slug, one.dex_number, one.forme) == (slug, dex_number, forme)


def test_no_mega_evolution_and_no_starter_partner_is_known(pokedex: Pokedex) -> None:
    assert {one.forme for one in pokedex.species} == {"", "Alola"}


def test_stats_are_those_of_level_50_with_friendship(pokedex: Pokedex) -> None:
    charizard = pokedex.species_by_id[6]
    # Without the bonus of friendship 70, which is 2 % rounded down, special attack would be 129.
    assert (charizard.base_special_attack, charizard.special_attack) == (109, 131)
    assert (charizard.base_hp, charizard.hp) == (78, 153)


def test_stats_follow_the_formula_of_the_games(pokedex: Pokedex) -> None:
    for one in pokedex.species:
        assert one.hp == (2 * one.base_hp + 31 + 100) // 2 + 10
        for name in ("attack", "defense", "special_attack", "special_defense", "speed"):
            plain = (2 * getattr(one, f"base_{name}") + 31) // 2 + 5
            assert getattr(one, name) == plain * 102 // 100


def test_every_species_has_default_moves_that_it_can_learn(pokedex: Pokedex) -> None:
    for one in pokedex.species:
        moves = pokedex.default_moves(one.id)
        assert 1 <= len(moves) <= MOST_MOVES
        assert len(set(moves)) == len(moves)
        assert set(moves) <= set(pokedex.learnset[one.id])


def test_default_moves_are_four_unless_a_species_knows_fewer(pokedex: Pokedex) -> None:
    short = {
        one.slug: pokedex.default_moves(one.id)
        for one in pokedex.species
        if len(pokedex.default_moves(one.id)) < MOST_MOVES
    }
    assert short == {
        "caterpie": ("tackle", "string-shot"),
        "ditto": ("transform",),
        "kakuna": ("poison-sting", "harden", "string-shot"),
        "magikarp": ("tackle", "splash"),
        "metapod": ("tackle", "harden", "string-shot"),
        "weedle": ("poison-sting", "string-shot"),
    }


def test_default_moves_are_the_best_of_different_types_first(pokedex: Pokedex) -> None:
    assert pokedex.default_moves(25) == ("thunderbolt", "brick-break", "iron-tail", "facade")
    assert pokedex.default_moves(6) == ("flare-blitz", "air-slash", "outrage", "earthquake")


def test_default_moves_repeat_a_type_before_they_take_an_awkward_move(pokedex: Pokedex) -> None:
    electrode = pokedex.species_by_id[101]
    chosen = [pokedex.moves_by_slug[slug] for slug in pokedex.default_moves(101)]
    assert [move.slug for move in chosen] == ["thunderbolt", "foul-play", "swift", "thunder"]
    assert strength(pokedex.moves_by_slug["explosion"], electrode) > strength(chosen[-1], electrode)
    assert "explosion" in pokedex.learnset[101]


def test_default_moves_do_not_depend_on_the_order_of_the_tables(pokedex: Pokedex) -> None:
    turned = Pokedex(
        pokedex.species,
        tuple(reversed(pokedex.moves)),
        {species: tuple(reversed(moves)) for species, moves in pokedex.learnset.items()},
        pokedex.types,
        pokedex.type_multiplier,
    )
    for one in pokedex.species:
        assert turned.default_moves(one.id) == pokedex.default_moves(one.id)


def test_unknown_species_has_no_default_moves(pokedex: Pokedex) -> None:
    with pytest.raises(KeyError):
        pokedex.default_moves(999)


def test_type_multipliers_are_the_known_ones(pokedex: Pokedex) -> None:
    assert pokedex.type_multiplier.shape == (18, 18)
    assert pokedex.type_multiplier.dtype == np.float32
    assert set(np.unique(pokedex.type_multiplier)) == {0.0, 0.5, 1.0, 2.0}
    index = pokedex.type_index
    assert pokedex.type_multiplier[index["Water"], index["Fire"]] == 2.0
    assert pokedex.type_multiplier[index["Fire"], index["Water"]] == 0.5
    assert pokedex.type_multiplier[index["Normal"], index["Ghost"]] == 0.0


def test_type_multipliers_cannot_be_changed_by_accident(pokedex: Pokedex) -> None:
    with pytest.raises(ValueError, match="read-only"):
        pokedex.type_multiplier[0, 0] = 9


@pytest.mark.parametrize(
    ("attack", "defender", "expected"),
    [("Rock", 6, 4.0), ("Ground", 6, 0.0), ("Electric", 25, 0.5), ("Ground", 92, 2.0)],
)
def test_effectiveness_multiplies_over_both_types(
    pokedex: Pokedex, attack: str, defender: int, expected: float
) -> None:
    assert pokedex.effectiveness(attack, pokedex.species_by_id[defender].types) == expected


def test_moves_carry_what_decides_a_battle(pokedex: Pokedex) -> None:
    moves = pokedex.moves_by_slug
    assert (moves["thunderbolt"].status, moves["thunderbolt"].status_chance) == ("paralysis", 10)
    assert moves["swift"].never_misses
    assert moves["swift"].accuracy == 100
    assert moves["hyper-beam"].recharge
    assert moves["solar-beam"].charge
    assert moves["explosion"].self_destruct
    assert moves["fissure"].one_hit_knockout
    assert moves["seismic-toss"].fixed_damage == "level"
    assert moves["dragon-rage"].fixed_damage == "40"
    assert moves["low-kick"].power_rule == "target_weight"
    assert moves["dream-eater"].condition == "target_asleep"
    assert moves["swords-dance"].self_stages == (2, 0, 0, 0, 0, 0, 0)
    assert moves["string-shot"].target_stages == (0, 0, 0, 0, -2, 0, 0)
    assert (moves["crunch"].target_stages[1], moves["crunch"].target_stages_chance) == (-1, 20)
    assert moves["rock-slide"].flinch_chance == 30
    assert moves["leech-seed"].volatile == "leech-seed"
    assert moves["reflect"].side_condition == "reflect"
    assert (moves["rest"].heal_fraction, moves["rest"].effect) == (1.0, "rest")


@pytest.mark.parametrize(
    ("slug", "hits"), [("tackle", 1.0), ("double-kick", 2.0), ("pin-missile", 3.0), ("double-iron-bash", 2.0)]
)
def test_mean_hits_of_a_range_are_three(pokedex: Pokedex, slug: str, hits: float) -> None:
    assert pokedex.moves_by_slug[slug].mean_hits == hits


@pytest.mark.parametrize(
    ("slug", "awkward"),
    [
        ("solar-beam", True),
        ("hyper-beam", True),
        ("self-destruct", True),
        ("fissure", True),
        ("fake-out", True),
        ("dream-eater", True),
        ("counter", True),
        ("sucker-punch", False),
        ("outrage", False),
        ("tackle", False),
    ],
)
def test_awkward_moves_are_recognised(pokedex: Pokedex, slug: str, awkward: bool) -> None:
    assert pokedex.moves_by_slug[slug].awkward is awkward


def test_strength_counts_type_bonus_accuracy_and_the_share_of_the_attacking_stat(pokedex: Pokedex) -> None:
    pikachu = pokedex.species_by_id[25]
    moves = pokedex.moves_by_slug
    special_share = pikachu.special_attack / pikachu.attack
    assert strength(moves["thunder"], pikachu) == pytest.approx(110 * 0.7 * 1.5 * special_share)
    assert strength(moves["iron-tail"], pikachu) == pytest.approx(100 * 0.75)
    assert strength(moves["seismic-toss"], pikachu) == 0.0


def test_pokedex_is_read_once() -> None:
    assert load_pokedex() is load_pokedex()
