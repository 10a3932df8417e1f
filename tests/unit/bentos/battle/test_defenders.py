import pytest

from bentos.battle.defenders import describe_defenders
from bentos.battle.pokedex import load_pokedex


@pytest.mark.parametrize(("species", "power"), [(92, 20), (25, 20), (6, 80), (143, 120), (95, 120)])
def test_low_kick_power_follows_the_weight(species: int, power: int) -> None:
    pokedex = load_pokedex()
    assert describe_defenders(pokedex, (pokedex.species_by_id[species],)).low_kick_power == [power]


def test_effectiveness_multiplies_both_types() -> None:
    pokedex = load_pokedex()
    defenders = describe_defenders(pokedex, (pokedex.species_by_id[6],))
    assert defenders.effectiveness[pokedex.type_index["Rock"]] == [4.0]
    assert defenders.effectiveness[pokedex.type_index["Ground"]] == [0.0]
