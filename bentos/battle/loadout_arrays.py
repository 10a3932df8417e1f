"""Many loadouts at once: from ids and numbers of moves to the arrays that features are made of.

A move's number is its place in `pokedex.moves`, which is its row in `tables/moves.csv`, from 1 on; 0 is no
move.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bentos.battle.features import IntArray
from bentos.battle.loadouts import Loadout, LoadoutIndex, UnknownPokemon, UnusableMoves, load_index
from bentos.battle.pokedex import MOST_MOVES
from bentos.core.errors import FieldError

_UNKNOWN = -1


class LoadoutArrays:
    """The tables for it. Safe to share between threads.

    `_position_of` int64[largest id + 2]: each id's species position; `_number_of` int64[(S + 1) * (M + 3)]:
    the number of each learnable move by species position and by one more than the move's number;
    `_defaults` int64[S + 1, 4]. The first and the last place of each stand for all that is beyond it, and so
    does the position S.
    """

    def __init__(self, index: LoadoutIndex) -> None:
        self._index = index
        species, moves = index.species, index.pokedex.moves
        self._unknown = len(species)
        self._position_of = np.full(max(one.id for one in species) + 2, self._unknown)
        self._position_of[[one.id for one in species]] = np.arange(len(species))
        self._width = len(moves) + 3
        numbers = np.full((len(species) + 1, self._width), _UNKNOWN)
        pairs = np.arange(index.empty)
        numbers[index.species_of[pairs], index.move_of[pairs] + 2] = pairs
        numbers[:-1, 1] = index.empty
        self._number_of = numbers.ravel()
        self._slugs = ("", *(move.slug for move in moves))
        self._defaults = np.array([index.encode(one.id) for one in species] + [(_UNKNOWN,) * MOST_MOVES])

    def encode(self, ids: IntArray, moves: IntArray | None) -> tuple[IntArray, NDArray[np.bool_]]:
        """Return int64[n, 4], the loadouts of the species `ids` int64[n] with these `moves` int64[n, 4], and
        bool[n], which of them there can be.

        A row of `moves` with nothing but 0 means the default moves, as None does for all rows.
        """
        positions = self._position_of.take(ids, mode="clip")
        defaults = self._defaults.take(positions, axis=0)
        if moves is None:
            return defaults, positions != self._unknown
        # The largest of all numbers becomes the smallest one, which is as unknown.
        places = np.clip(moves + 1, 0, self._width - 1)
        numbers = self._number_of.take(positions[:, None] * self._width + places)
        numbers.sort(axis=1)
        repeated = (numbers[:, 1:] == numbers[:, :-1]) & (numbers[:, 1:] != self._index.empty)
        usable = (numbers[:, 0] != _UNKNOWN) & ~repeated.any(axis=1)
        unnamed = (moves == 0).all(axis=1)
        return np.where(unnamed[:, None], defaults, numbers), usable

    def encode_row(self, species_id: int, moves: Sequence[int] = ()) -> Loadout:
        """Return one loadout, as `encode` does. Raises UnknownPokemon or UnusableMoves."""
        if not any(moves):
            return self._index.encode(species_id)
        for number in moves:
            if not 0 <= number < len(self._slugs):
                raise UnusableMoves(f"{number} is no move; they are 1 to {len(self._slugs) - 1}")
        return self._index.encode(species_id, [self._slugs[number] for number in moves if number])

    def explain(self, side: str, row: int, species_id: int, moves: Sequence[int] = ()) -> FieldError | None:
        """Return what is wrong with a row of the inputs of a side, or None."""
        try:
            self.encode_row(species_id, moves)
        except UnknownPokemon as error:
            return FieldError(f"{side}_id[{row}]", str(error))
        except UnusableMoves as error:
            return FieldError(f"{side}_moves[{row}]", str(error))
        return None


@lru_cache(maxsize=1)
def load_loadout_arrays() -> LoadoutArrays:
    """Return the one instance of this process."""
    return LoadoutArrays(load_index())
