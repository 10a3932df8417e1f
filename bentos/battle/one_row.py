"""The feature row of one battle, put together from pieces.

`bentos.battle.features` says what the features are and makes them for many rows at once; for a single one,
the price of numpy's calls would be most of its cost. Here the same tables are cut into pieces beforehand,
most of them bytes, and a row is a handful of look-ups. Both give the same row to the last bit.
"""

from functools import lru_cache
from struct import Struct
from typing import NamedTuple

import numpy as np

from bentos.battle.features import SPEED, FeatureBuilder, FloatArray, load_features
from bentos.battle.loadouts import Loadout

_pack_race = Struct("3f").pack


class Attack(NamedTuple):
    """What a row tells of a side's best attack."""

    outlook: bytes
    damage: float
    turns: float
    knock_out: FloatArray
    standing: FloatArray
    standing_at_last: np.float32


class OneRow:
    """Makes feature rows one by one. Safe to share between threads.

    `_deeds` holds, for each species, what each learnable move does to it. By deed: `_damage`, the bytes of
    its damage; `_attacks`; `_kinds`, its place among the rows of effects. `_effects` are these rows as bytes,
    `_together` holds the larger values of each two of them.
    """

    def __init__(self, features: FeatureBuilder) -> None:
        self._deeds = [memoryview(deeds) for deeds in features.deeds]
        self._species_of: list[int] = features.species_of.tolist()
        self._statistics = [row.tobytes() for row in features.statistics]
        self._speed: list[float] = features.statistics[:, SPEED].tolist()
        self._kinds: list[int] = features.kinds.tolist()
        self._effects = [row.tobytes() for row in features.effects]
        self._together = [list(rows) for rows in features.together]
        _, places, rank_of = np.unique(features.ranks, return_index=True, return_inverse=True)
        attacks = [_cut_attack(features, place) for place in places.tolist()]
        damage = [features.damage[place].tobytes() for place in places.tolist()]
        self._attacks = [attacks[rank] for rank in rank_of.tolist()]
        self._damage = [damage[rank] for rank in rank_of.tolist()]

    def build(self, first: Loadout, second: Loadout) -> bytes:
        """Return the bytes of float32[len(FEATURES)] for two loadouts in canonical order."""
        species_1, species_2 = self._species_of[first[0]], self._species_of[second[0]]
        against_1, against_2 = self._deeds[species_1], self._deeds[species_2]
        deeds_1 = sorted([against_2[number] for number in first])
        deeds_2 = sorted([against_1[number] for number in second])
        best_1, best_2 = self._attacks[deeds_1[3]], self._attacks[deeds_2[3]]
        wins = best_1.knock_out.dot(best_2.standing)
        loses = 1 - wins - best_1.standing_at_last * best_2.standing_at_last
        speed_ratio = self._speed[species_1] / self._speed[species_2]
        race_1 = _pack_race(wins, best_1.damage - best_2.damage, speed_ratio)
        race_2 = _pack_race(loses, best_1.turns - best_2.turns, best_2.turns / best_1.turns)
        return b"".join(
            (*self._side(deeds_1, best_1, species_1), race_1, *self._side(deeds_2, best_2, species_2), race_2)
        )

    def _side(self, deeds: list[int], best: Attack, species: int) -> tuple[bytes, ...]:
        damage, kinds, together = self._damage, self._kinds, self._together
        one, two, three, four = deeds
        strongest = np.maximum(together[kinds[one]][kinds[two]], together[kinds[three]][kinds[four]])
        return (
            *(damage[one], damage[two], damage[three], damage[four]),
            *(best.outlook, self._statistics[species], self._effects[kinds[four]], strongest.tobytes()),
        )


def _cut_attack(features: FeatureBuilder, deed: int) -> Attack:
    return Attack(
        outlook=features.outlook[deed].tobytes(),
        damage=features.damage.item(deed),
        turns=features.outlook.item(deed, 0),
        knock_out=features.knock_out[deed],
        standing=features.standing[deed],
        standing_at_last=features.standing_at_last[deed],
    )


@lru_cache(maxsize=1)
def load_one_row() -> OneRow:
    """Return the one instance of this process."""
    return OneRow(load_features())
