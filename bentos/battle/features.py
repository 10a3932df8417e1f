"""From two loadouts to a row of numbers: one implementation for one row and for many.

Rows are in canonical order (`bentos.battle.loadouts`): the *first* side is the faster one. Everything that depends on
a move, its user and its target comes out of tables made once, so a row costs a few gathers. One table holds a code for
each learnable move against each defender: the rank of its damage profile in the high bits, the number of its effects
in the low ones. Sorting a side's four codes therefore sorts its moves by damage.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bentos.battle.damage import DamageTables
from bentos.battle.effects import EFFECTS, effect_table
from bentos.battle.loadouts import LoadoutIndex, load_index

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

SIDES = ("first", "second")
STATISTICS = ("hp", "attack", "defense", "special_attack", "special_defense", "speed")
DAMAGES = ("damage_4", "damage_3", "damage_2", "damage_1")
"""Expected share of the target's hit points a turn, of each move; `damage_1` is the best one's."""
OUTLOOK = ("turns", "standing_2", "standing_3", "standing_4")
"""Of the best attack: expected turns to knock out, probability that the target still stands before that turn."""
RACE = ("first_wins_race", "second_wins_race", "damage_difference", "turns_difference", "turns_ratio", "speed_ratio")

FEATURES: tuple[str, ...] = (
    *(f"{side}_{name}" for side in SIDES for name in DAMAGES),
    *(f"{side}_{name}" for side in SIDES for name in OUTLOOK),
    *(f"{side}_{name}" for side in SIDES for name in STATISTICS),
    *(f"{side}_best_{name}" for side in SIDES for name in EFFECTS),
    *(f"{side}_any_{name}" for side in SIDES for name in EFFECTS),
    *RACE,
)
"""Column names of a feature row, float32 each."""

_EFFECT_BITS = 10
_EFFECT_MASK = (1 << _EFFECT_BITS) - 1


class FeatureBuilder:
    """The tables, and the gathers over them. Safe to share between threads."""

    def __init__(self, index: LoadoutIndex) -> None:
        damage = DamageTables(index)
        effects, effect_of = _distinct_rows(effect_table(index))
        self._species_count = len(index.species)
        self._species_of = index.species_of
        self._codes = ((damage.ranks.astype(np.int64) << _EFFECT_BITS) | effect_of[index.move_of]).ravel()
        self._value = damage.value
        self._outlook = np.column_stack([damage.turns, damage.standing[:, 1:4]])
        self._knock_out = damage.knock_out
        self._standing = np.column_stack([damage.standing, 1 - damage.knock_out.sum(axis=1)])
        self._effects = effects
        self._statistics = np.array(
            [[getattr(one, name) for name in STATISTICS] for one in index.species], dtype=np.float32
        )

    def build(self, rows: IntArray) -> FloatArray:
        """Return float32[n, len(FEATURES)] for int64[n, 2, 4]: the numbers of both loadouts, first side first."""
        species = self._species_of.take(rows[:, :, 0])
        codes = self._codes.take(rows * self._species_count + species[:, ::-1, None])
        codes.sort(axis=2)
        ranks = codes >> _EFFECT_BITS
        values = self._value.take(ranks)
        best = ranks[:, :, 3]
        outlook = self._outlook.take(best, axis=0)
        statistics = self._statistics.take(species, axis=0)
        effects = self._effects.take(codes & _EFFECT_MASK, axis=0)
        n = len(rows)
        return np.concatenate(
            (
                values.reshape(n, -1),
                outlook.reshape(n, -1),
                statistics.reshape(n, -1),
                effects[:, :, 3].reshape(n, -1),
                effects.max(axis=2).reshape(n, -1),
                self._race(best, values[:, :, 3], outlook[:, :, 0], statistics[:, :, 5]),
            ),
            axis=1,
        )

    def _race(self, best: IntArray, damage: FloatArray, turns: FloatArray, speed: FloatArray) -> FloatArray:
        """Both sides only repeat their best attack: who knocks out first? The first side moves first in each turn."""
        knock_out = self._knock_out.take(best, axis=0)
        standing = self._standing.take(best[:, ::-1], axis=0)
        race = np.empty((len(best), len(RACE)), dtype=np.float32)
        race[:, 0] = np.einsum("nt,nt->n", knock_out[:, 0], standing[:, 0, :-1])
        race[:, 1] = np.einsum("nt,nt->n", knock_out[:, 1], standing[:, 1, 1:])
        race[:, 2] = damage[:, 0] - damage[:, 1]
        race[:, 3] = turns[:, 0] - turns[:, 1]
        race[:, 4] = turns[:, 0] / turns[:, 1]
        race[:, 5] = speed[:, 0] / speed[:, 1]
        return race


@lru_cache(maxsize=1)
def load_features() -> FeatureBuilder:
    """Return the one builder of this process; its tables take about half a second to make."""
    return FeatureBuilder(load_index())


def _distinct_rows(table: FloatArray) -> tuple[FloatArray, IntArray]:
    """Split float32[M, S, E] into its distinct rows float32[D, E] and int64[M, S], each entry's row."""
    flat, inverse = np.unique(table.reshape(-1, table.shape[2]), axis=0, return_inverse=True)
    return flat, inverse.reshape(table.shape[:2]).astype(np.int64)
