"""What users ask: random battles and Pokémon out of the model's own tables, the same again under the same
seed."""

import numpy as np

from bentos.battle.api import BattleRequest, BattlesRequest
from bentos.battle.pokedex import MOST_MOVES, Pokedex


class Questions:
    """The questions of one user. `seed` is a sequence of numbers that no other user has."""

    def __init__(self, pokedex: Pokedex, seed: tuple[int, ...], batch_rows: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._ids = [species.id for species in pokedex.species]
        self._learnset = pokedex.learnset
        self._batch_rows = batch_rows

    def species_id(self) -> int:
        """Return the id of a random Pokémon."""
        return self._ids[int(self._generator.integers(len(self._ids)))]

    def battle(self) -> BattleRequest:
        """Return a battle of two random Pokémon; either side names learnable moves half of the time."""
        one, two = self.species_id(), self.species_id()
        return BattleRequest(one, two, self._moves(one), self._moves(two))

    def battles(self) -> BattlesRequest:
        """Return 1 to `batch_rows` battles."""
        count = int(self._generator.integers(1, self._batch_rows + 1))
        return BattlesRequest([self.battle() for _ in range(count)])

    def limit(self) -> int:
        """Return how many opponents to ask for."""
        return int(self._generator.integers(1, 21))

    def _moves(self, species_id: int) -> list[str] | None:
        if self._generator.random() < 0.5:
            return None
        known = self._learnset[species_id]
        count = int(self._generator.integers(1, MOST_MOVES + 1))
        return [known[place] for place in self._generator.permutation(len(known))[:count]]
