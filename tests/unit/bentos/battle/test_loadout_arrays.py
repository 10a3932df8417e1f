"""Many loadouts at once are the ones that one at a time would be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bentos.battle.loadout_arrays import load_loadout_arrays
from bentos.battle.loadouts import UnknownPokemon, UnusableMoves, load_index
from bentos.battle.pokedex import TABLES, load_pokedex

ARRAYS = load_loadout_arrays()
SLUGS = [move.slug for move in load_pokedex().moves]
LARGE = st.sampled_from([-(2**63), -1, 0, 2**62, 2**63 - 1])
IDS = st.sampled_from([one.id for one in load_pokedex().species]) | st.integers(0, 20_000) | LARGE


@st.composite
def rows(draw: st.DrawFn) -> tuple[int, list[int]]:
    """An id and four numbers of moves, mostly learnable ones."""
    species_id = draw(IDS)
    learnable = [SLUGS.index(slug) + 1 for slug in load_pokedex().learnset.get(species_id, ())]
    number = st.sampled_from([0, *learnable]) | st.integers(0, len(SLUGS) + 1) if learnable else LARGE
    return species_id, draw(st.lists(number, min_size=4, max_size=4) | st.just([0] * 4))


@given(st.lists(rows(), min_size=1, max_size=6))
def test_rows_at_once_are_as_one_by_one(given_rows: list[tuple[int, list[int]]]) -> None:
    ids = np.array([species_id for species_id, _ in given_rows], dtype=np.int64)
    moves = np.array([numbers for _, numbers in given_rows], dtype=np.int64)
    loadouts, usable = ARRAYS.encode(ids, moves)
    for row, (species_id, numbers) in enumerate(given_rows):
        try:
            expected = ARRAYS.encode_row(species_id, numbers)
        except (UnknownPokemon, UnusableMoves):
            assert not usable[row]
        else:
            assert usable[row]
            assert tuple(loadouts[row].tolist()) == expected
        assert (ARRAYS.explain("x", row, species_id, numbers) is None) == usable[row]


@pytest.mark.parametrize("moves", [None, np.zeros((171, 4), dtype=np.int64)])
def test_no_moves_are_the_default_ones(moves: np.ndarray | None) -> None:
    species = load_index().species
    loadouts, usable = ARRAYS.encode(np.array([one.id for one in species]), moves)
    assert usable.all()
    assert [tuple(row) for row in loadouts.tolist()] == [load_index().encode(one.id) for one in species]


def test_number_of_a_move_is_its_row_in_the_table() -> None:
    lines = (TABLES / "moves.csv").read_text().splitlines()
    number = next(number for number, line in enumerate(lines) if line.startswith("thunderbolt,"))
    assert ARRAYS.encode_row(25, [number]) == load_index().encode(25, ["thunderbolt"])


@pytest.mark.parametrize(
    ("species_id", "moves", "field", "reason"),
    [
        (9999, [], "pokemon_1_id[3]", "no Pokémon has the id 9999"),
        (9999, [1, 0, 0, 0], "pokemon_1_id[3]", "no Pokémon has the id 9999"),
        (25, [SLUGS.index("surf") + 1, 0, 0, 0], "pokemon_1_moves[3]", "Pikachu can't learn 'surf'"),
        (25, [-1, 0, 0, 0], "pokemon_1_moves[3]", "-1 is no move; they are 1 to 213"),
        (25, [214, 0, 0, 0], "pokemon_1_moves[3]", "214 is no move; they are 1 to 213"),
        (25, [SLUGS.index("thunder") + 1] * 4, "pokemon_1_moves[3]", "1 to 4 distinct moves are needed"),
    ],
)
def test_what_is_wrong_with_a_row_is_named(
    species_id: int, moves: list[int], field: str, reason: str
) -> None:
    error = ARRAYS.explain("pokemon_1", 3, species_id, moves)
    assert error is not None
    assert error.field == field
    assert error.message.startswith(reason)
