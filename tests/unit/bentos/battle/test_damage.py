import numpy as np
import pytest

from bentos.battle.damage import HORIZON_TURNS, DamageTables, damage_shares
from bentos.battle.loadouts import load_index


@pytest.fixture(scope="module")
def tables() -> DamageTables:
    return DamageTables(load_index())


def _number(species_id: int, slug: str) -> int:
    return load_index().encode(species_id, [slug])[0]


def _position(species_id: int) -> int:
    return next(place for place, one in enumerate(load_index().species) if one.id == species_id)


def test_thunderbolt_on_gyarados_follows_the_damage_formula() -> None:
    index = load_index()
    pikachu, gyarados = index.pokedex.species_by_id[25], index.pokedex.species_by_id[130]
    base = np.floor(np.floor(22 * 90 * pikachu.special_attack / gyarados.special_defense) / 50) + 2
    expected = base * 0.925 * (1 + 0.5 / 24) * 1.5 * 4 / gyarados.hp
    share = damage_shares(index)[_number(25, "thunderbolt"), _position(130)]
    assert share == pytest.approx(expected)


def test_immune_targets_take_nothing(tables: DamageTables) -> None:
    assert tables.ranks[_number(25, "thunderbolt"), _position(74)] == 0
    assert tables.ranks[_number(106, "seismic-toss"), _position(94)] == 0


def test_seismic_toss_takes_the_level_in_hit_points() -> None:
    index = load_index()
    share = damage_shares(index)[_number(143, "seismic-toss"), _position(113)]
    assert share == pytest.approx(50 / index.pokedex.species_by_id[113].hp)


@pytest.mark.parametrize(
    ("species", "slug"), [(94, "dream-eater"), (94, "self-destruct"), (25, "thunder-wave")]
)
def test_moves_that_cannot_be_counted_on_have_no_rank(tables: DamageTables, species: int, slug: str) -> None:
    assert not tables.ranks[_number(species, slug)].any()


def test_empty_places_do_nothing(tables: DamageTables) -> None:
    assert not tables.ranks[load_index().empty].any()
    assert tables.value[0] == 0
    assert tables.turns[0] == 60


def test_greater_rank_means_more_damage(tables: DamageTables) -> None:
    assert (np.diff(tables.value) >= 0).all()


def test_profiles_are_probabilities(tables: DamageTables) -> None:
    assert tables.knock_out.shape == tables.standing.shape == (len(tables.value), HORIZON_TURNS)
    assert (tables.knock_out >= 0).all()
    assert tables.knock_out.sum(axis=1).max() <= 1 + 1e-5
    assert (np.diff(tables.standing, axis=1) <= 1e-6).all()
    assert tables.standing[:, 0] == pytest.approx(1)


def test_a_sure_knock_out_takes_one_turn(tables: DamageTables) -> None:
    strongest = tables.ranks[_number(150, "psychic"), _position(94)]
    assert tables.turns[strongest] == pytest.approx(1, abs=0.05)


def test_charging_takes_longer_than_the_same_damage_at_once(tables: DamageTables) -> None:
    solar_beam = tables.ranks[_number(3, "solar-beam"), _position(9)]
    assert tables.knock_out[solar_beam, 0] == 0
    assert tables.turns[solar_beam] >= 2


def test_low_kick_is_stronger_against_heavy_targets() -> None:
    index = load_index()
    hit_points = index.defenders.hit_points
    defense = index.defenders.defense
    low_kick = damage_shares(index)[_number(57, "low-kick")] * hit_points * defense
    snorlax, chansey = _position(143), _position(113)
    assert low_kick[snorlax] > 1.5 * low_kick[chansey]
