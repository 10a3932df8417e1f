"""One row put together from pieces is the row that the builder of many rows makes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bentos.battle.features import FEATURES, load_features
from bentos.battle.loadouts import Loadout, load_index
from bentos.battle.one_row import load_one_row
from tests.support.tiny_battle import draw_dataset


@st.composite
def loadouts(draw: st.DrawFn) -> Loadout:
    index = load_index()
    species = draw(st.sampled_from(index.species))
    moves = st.sampled_from(index.pokedex.learnset[species.id])
    return index.encode(species.id, draw(st.lists(moves, min_size=1, max_size=4, unique=True)))


def assert_same_bits(rows: list[tuple[Loadout, Loadout]]) -> None:
    together = load_features().build(np.array(rows))
    assert together.shape == (len(rows), len(FEATURES))
    for row, expected in zip(rows, together, strict=True):
        assert load_one_row().build(*row) == expected.tobytes()


@settings(max_examples=300)
@given(loadouts(), loadouts())
def test_any_pairing_has_the_same_bits(one: Loadout, two: Loadout) -> None:
    assert_same_bits([(min(one, two), max(one, two))])


def test_random_pairings_have_the_same_bits() -> None:
    assert_same_bits([(tuple(one), tuple(two)) for one, two in draw_dataset(2000, seed=5).rows.tolist()])


def test_every_pokemon_with_its_default_moves_has_the_same_bits_against_every_other() -> None:
    index = load_index()
    defaults = sorted(index.encode(one.id) for one in index.species)
    assert_same_bits([(one, two) for place, one in enumerate(defaults) for two in defaults[place + 1 :]])
