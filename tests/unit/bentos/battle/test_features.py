import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bentos.battle.features import FEATURES, load_features
from bentos.battle.loadouts import Loadout, load_index
from tests.support.tiny_battle import draw_dataset


@st.composite
def loadouts(draw: st.DrawFn) -> Loadout:
    index = load_index()
    species = draw(st.sampled_from(index.species))
    moves = st.sampled_from(index.pokedex.learnset[species.id])
    return index.encode(species.id, draw(st.lists(moves, min_size=1, max_size=4, unique=True)))


def test_names_are_distinct_and_match_the_columns() -> None:
    rows = draw_dataset(3, seed=1).rows
    assert len(set(FEATURES)) == len(FEATURES) == load_features().build(rows).shape[1]


def test_one_row_and_many_rows_are_the_same() -> None:
    rows = draw_dataset(200, seed=2).rows
    builder = load_features()
    together = builder.build(rows)
    alone = np.concatenate([builder.build(rows[place : place + 1]) for place in range(len(rows))])
    np.testing.assert_array_equal(together, alone)
    assert together.dtype == np.float32


@settings(max_examples=200, deadline=None)
@given(loadouts(), loadouts())
def test_every_pairing_gives_finite_numbers(one: Loadout, two: Loadout) -> None:
    row = load_features().build(np.array([sorted((one, two))]))
    assert np.isfinite(row).all()


@settings(max_examples=100, deadline=None)
@given(loadouts(), loadouts())
def test_race_shares_are_probabilities(one: Loadout, two: Loadout) -> None:
    row = load_features().build(np.array([sorted((one, two))]))[0]
    first, second = (row[FEATURES.index(f"{side}_wins_race")] for side in ("first", "second"))
    assert -1e-5 <= first <= 1 + 1e-5
    assert -1e-5 <= second <= 1 + 1e-5
    assert first + second <= 1 + 1e-5


def test_known_pairing_reads_as_expected() -> None:
    index = load_index()
    row = np.array([sorted((index.encode(6, ["flamethrower"]), index.encode(3, ["vine-whip"])))])
    values = dict(zip(FEATURES, load_features().build(row)[0].tolist(), strict=True))
    charizard, venusaur = index.pokedex.species_by_id[6], index.pokedex.species_by_id[3]
    assert values["first_speed"] == charizard.speed
    assert values["second_hp"] == venusaur.hp
    assert values["first_damage_1"] > 4 * values["second_damage_1"] > 0
    assert values["first_damage_2"] == values["first_damage_3"] == values["first_damage_4"] == 0
    assert values["first_wins_race"] > 0.99
    assert values["first_best_burn"] == pytest.approx(0.1)


def test_damages_are_given_in_the_order_of_the_moves() -> None:
    index = load_index()
    loadout, other = index.encode(25, ["thunderbolt", "facade"]), index.encode(130, ["splash"])
    row = np.array([sorted((loadout, other))])
    damages = load_features().damages(row)[0, 0 if loadout < other else 1]
    names = [move.slug for move in index.moves_at(loadout)]
    assert names[int(damages.argmax())] == "thunderbolt"
    assert damages[2:].tolist() == [0, 0]
