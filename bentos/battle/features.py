"""From two loadouts to a row of numbers, for many rows at once (`bentos.battle.one_row`: for one).

Rows are in canonical order (`bentos.battle.loadouts`): the *first* side is the faster one. Everything that
depends on a move, its user and its target comes out of tables made once, so a row costs a few gathers. What a
move does to a target, damage and effects together, is one of some thousand *deeds*, numbered by rising
damage; `deeds` holds the number for each learnable move against each defender. Sorting a side's four numbers
therefore sorts its moves.
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
DAMAGES = ("damage_4", "damage_3", "damage_2", "damage_1")
"""Expected share of the target's hit points a turn, of each move; `damage_1` is the best one's."""
OUTLOOK = ("turns", "standing_2", "standing_3", "standing_4")
"""Of the best attack: expected turns to knock out, probability that the target still stands before that
turn."""
STATISTICS = ("hp", "attack", "defense", "special_attack", "special_defense", "speed")

_SIDE = (
    *DAMAGES,
    *OUTLOOK,
    *STATISTICS,
    *(f"best_{name}" for name in EFFECTS),
    *(f"any_{name}" for name in EFFECTS),
)
_FIRST = ("wins_race", "damage_lead", "speed_ratio")
_SECOND = ("wins_race", "turns_lead", "turns_ratio")
FEATURES: tuple[str, ...] = (
    *(f"first_{name}" for name in (*_SIDE, *_FIRST)),
    *(f"second_{name}" for name in (*_SIDE, *_SECOND)),
)
"""Column names of a feature row, float32 each.

`best_…` is an effect of the move with most damage, `any_…` the largest among all moves. `wins_race` is the
probability of knocking out before being knocked out, if both only repeat their best attack;
`first_damage_lead` is `first_damage_1 - second_damage_1`, `second_turns_lead` is `first_turns -
second_turns`, `second_turns_ratio` is `second_turns / first_turns`, `first_speed_ratio` is `first_speed /
second_speed`.
"""

_OUTLOOK = slice(4, 4 + len(OUTLOOK))
_STATISTICS = slice(_OUTLOOK.stop, _OUTLOOK.stop + len(STATISTICS))
_BEST = slice(_STATISTICS.stop, _STATISTICS.stop + len(EFFECTS))
_ANY = slice(_BEST.stop, _BEST.stop + len(EFFECTS))
_RACE = _ANY.stop


SPEED = STATISTICS.index("speed")


class FeatureBuilder:
    """The tables, and the gathers over them. Safe to share between threads.

    `deeds` uint16[S, P + 1] is what each learnable move does to each species. By deed: `ranks` and `kinds`
    int64[D], its damage profile and its row of effects; `damage` float32[D], `outlook` float32[D, 4],
    `knock_out` and `standing` float32[D, T] (see `DamageTables`); `standing_at_last` float32[D]. By kind:
    `effects` float32[K, E]; by each two kinds, `together` float32[K, K, E], the larger values of both. By
    species: `statistics` float32[S, 6]. `species_of` int64[P + 1] is the species of each learnable move.
    """

    def __init__(self, index: LoadoutIndex) -> None:
        damage = DamageTables(index)
        effects, effect_of = effect_table(index)
        codes = damage.ranks.astype(np.int64) * len(effects) + effect_of[index.move_of]
        deeds, numbers = _distinct(codes)
        self.deeds = np.ascontiguousarray(numbers.T, dtype=np.min_scalar_type(len(deeds)))
        self.ranks, self.kinds = np.divmod(deeds, len(effects))
        self.damage = damage.value[self.ranks]
        self.effects = effects
        self.together = np.maximum(effects[:, None], effects)
        self.outlook = np.column_stack([damage.turns, damage.standing[:, 1:4]])[self.ranks]
        self.knock_out = damage.knock_out[self.ranks]
        self.standing = damage.standing[self.ranks]
        self.standing_at_last = 1 - self.knock_out.sum(axis=1)
        self.species_of = index.species_of
        self.statistics = np.array(
            [[getattr(one, name) for name in STATISTICS] for one in index.species], dtype=np.float32
        )

    def build(self, rows: IntArray) -> FloatArray:
        """Return float32[n, len(FEATURES)] for int64[n, 2, 4]: the numbers of both loadouts, first side
        first."""
        species = self.species_of.take(rows[:, :, 0])
        deeds = self._deeds_of(rows, species)
        deeds.sort(axis=2)
        best = deeds[:, :, 3]
        kinds = self.kinds.take(deeds)
        sides = np.empty((len(rows), 2, _RACE + 3), dtype=np.float32)
        sides[:, :, :4] = self.damage.take(deeds)
        sides[:, :, _OUTLOOK] = self.outlook.take(best, axis=0)
        sides[:, :, _STATISTICS] = self.statistics.take(species, axis=0)
        sides[:, :, _BEST] = self.effects.take(kinds[:, :, 3], axis=0)
        np.maximum(self._larger(kinds[:, :, :2]), self._larger(kinds[:, :, 2:]), out=sides[:, :, _ANY])
        self._race(sides, best)
        return sides.reshape(len(rows), -1)

    def damages(self, rows: IntArray) -> FloatArray:
        """Return float32[n, 2, 4]: expected damage of each move, in the order of `rows` int64[n, 2, 4]."""
        damages: FloatArray = self.damage.take(self._deeds_of(rows, self.species_of.take(rows[:, :, 0])))
        return damages

    def _larger(self, kinds: IntArray) -> FloatArray:
        """Return float32[n, 2, E]: the larger effects of each two kinds in int64[n, 2, 2]."""
        count, _, width = self.together.shape
        larger: FloatArray = self.together.reshape(-1, width).take(
            kinds[:, :, 0] * count + kinds[:, :, 1], axis=0
        )
        return larger

    def _deeds_of(self, rows: IntArray, species: IntArray) -> IntArray:
        """Return int64[n, 2, 4]: what each move does to the other side; `species` int64[n, 2] are both
        sides'."""
        places = species[:, ::-1, None] * self.deeds.shape[1] + rows
        deeds: IntArray = self.deeds.take(places).astype(np.int64)
        return deeds

    def _race(self, sides: FloatArray, best: IntArray) -> None:
        """Fill the last three columns of both sides. The first side moves first in each turn.

        Whoever does not win the race loses it, unless both still stand at its end.
        """
        first, second = sides[:, 0], sides[:, 1]
        best_first, best_second = best[:, 0], best[:, 1]
        wins = np.vecdot(self.knock_out.take(best_first, axis=0), self.standing.take(best_second, axis=0))
        undecided = self.standing_at_last.take(best_first) * self.standing_at_last.take(best_second)
        first[:, _RACE] = wins
        second[:, _RACE] = 1 - wins - undecided
        first[:, _RACE + 1] = first[:, 3] - second[:, 3]
        second[:, _RACE + 1] = first[:, 4] - second[:, 4]
        first[:, _RACE + 2] = first[:, _STATISTICS.stop - 1] / second[:, _STATISTICS.stop - 1]
        second[:, _RACE + 2] = second[:, 4] / first[:, 4]


def _distinct(codes: IntArray) -> tuple[IntArray, IntArray]:
    """Return the codes that there are, int64[D], ascending, and the place of each code of any shape among
    them. Codes are small enough to be places themselves: sorting them would take five times as long."""
    occurs = np.zeros(codes.max() + 1, dtype=np.bool_)
    occurs[codes] = True
    places: IntArray = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs), places[codes]


@lru_cache(maxsize=1)
def load_features() -> FeatureBuilder:
    """Return the one builder of this process; its tables take a while to make."""
    return FeatureBuilder(load_index())
