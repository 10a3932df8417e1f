"""What a target brings to a move, as arrays over the species in canonical order."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bentos.battle.pokedex import Pokedex, Species

Array = NDArray[np.float64]


class Defenders(NamedTuple):
    """float64[S] each, but `effectiveness` float64[18, S]: damage multiplier of each attacking type."""

    hit_points: Array
    attack: Array
    defense: Array
    special_defense: Array
    low_kick_power: Array
    effectiveness: Array


def describe_defenders(pokedex: Pokedex, species: tuple[Species, ...]) -> Defenders:
    """Return the arrays for `species`, in their order."""
    return Defenders(
        hit_points=_column(species, "hp"),
        attack=_column(species, "attack"),
        defense=_column(species, "defense"),
        special_defense=_column(species, "special_defense"),
        low_kick_power=np.array([_low_kick_power(one.weight_kg) for one in species], dtype=np.float64),
        effectiveness=np.array(
            [[pokedex.effectiveness(name, one.types) for one in species] for name in pokedex.types]
        ),
    )


def _column(species: tuple[Species, ...], name: str) -> Array:
    return np.array([getattr(one, name) for one in species], dtype=np.float64)


def _low_kick_power(weight_kg: float) -> int:
    """Power by the target's weight (https://bulbapedia.bulbagarden.net/wiki/Low_Kick_(move))."""
    steps = ((10, 20), (25, 40), (50, 60), (100, 80), (200, 100))
    return next((power for limit, power in steps if weight_kg < limit), 120)
