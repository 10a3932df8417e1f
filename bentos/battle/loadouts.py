"""A fighter as four integers: every (species, learnable move) has a number, and a loadout is 1 to 4 of them,
sorted.

Numbers are given to the faster species first, so comparing two loadouts as tuples also says who is faster:
the smaller one is the *first* side of the canonical order, and equal tuples are a mirror match.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bentos.battle.defenders import describe_defenders
from bentos.battle.pokedex import MOST_MOVES, Move, Pokedex, Species, load_pokedex

Loadout = tuple[int, int, int, int]
"""Numbers of learnable moves, ascending; places without a move hold `LoadoutIndex.empty`."""


class UnknownPokemon(ValueError):
    """No species has this id."""

    def __init__(self, species_id: int) -> None:
        super().__init__(f"no Pokémon has the id {species_id}; GET /api/v1/pokemon lists them")


class UnusableMoves(ValueError):
    """The moves are not 1 to 4 distinct ones that the species can learn."""


class LoadoutIndex:
    """Numbers for all learnable moves, and the arrays that features gather from.

    `species_of` int64[P + 1] is each number's species position in `species`, `move_of` int64[P + 1] its
    move's position in `pokedex.moves`; the last entry stands for an empty place.
    """

    def __init__(self, pokedex: Pokedex) -> None:
        self.pokedex = pokedex
        self.species: tuple[Species, ...] = tuple(
            sorted(pokedex.species, key=lambda one: (-one.speed, one.id))
        )
        self.defenders = describe_defenders(pokedex, self.species)
        move_position = {move.slug: position for position, move in enumerate(pokedex.moves)}
        pairs = [
            (position, slug) for position, one in enumerate(self.species) for slug in pokedex.learnset[one.id]
        ]
        self.empty = len(pairs)
        self.species_of = _frozen([position for position, _ in pairs] + [0])
        self.move_of = _frozen([move_position[slug] for _, slug in pairs] + [len(pokedex.moves)])
        self._numbers: dict[int, dict[str, int]] = {one.id: {} for one in self.species}
        for number, (position, slug) in enumerate(pairs):
            self._numbers[self.species[position].id][slug] = number
        self._defaults = {one.id: self._encode(one.id, pokedex.default_moves(one.id)) for one in self.species}

    def encode(self, species_id: int, moves: Sequence[str] | None = None) -> Loadout:
        """Return the loadout of a species with these moves, or with its default ones.

        Raises:
            UnknownPokemon: no species has this id.
            UnusableMoves: not 1 to 4 distinct moves that the species can learn.
        """
        if species_id not in self._defaults:
            raise UnknownPokemon(species_id)
        if moves is None:
            return self._defaults[species_id]
        return self._encode(species_id, moves)

    def species_at(self, loadout: Loadout) -> Species:
        """Return the species of a loadout."""
        return self.species[int(self.species_of[loadout[0]])]

    def moves_at(self, loadout: Loadout) -> tuple[Move, ...]:
        """Return the moves of a loadout in the order of its numbers."""
        return tuple(
            self.pokedex.moves[int(self.move_of[number])] for number in loadout if number != self.empty
        )

    def _encode(self, species_id: int, moves: Sequence[str]) -> Loadout:
        known = self._numbers[species_id]
        try:
            numbers = sorted([known[slug] for slug in moves])
        except KeyError as error:
            name = self.pokedex.species_by_id[species_id].name
            raise UnusableMoves(f"{name} can't learn {error.args[0]!r}") from None
        if not 0 < len(numbers) <= MOST_MOVES or len(set(numbers)) < len(numbers):
            raise UnusableMoves("1 to 4 distinct moves are needed")
        numbers += [self.empty] * (MOST_MOVES - len(numbers))
        return (numbers[0], numbers[1], numbers[2], numbers[3])


@lru_cache(maxsize=1)
def load_index() -> LoadoutIndex:
    """Return the one index of this process."""
    return LoadoutIndex(load_pokedex())


def _frozen(values: Sequence[int]) -> NDArray[np.int64]:
    array = np.array(values, dtype=np.int64)
    array.setflags(write=False)
    return array
