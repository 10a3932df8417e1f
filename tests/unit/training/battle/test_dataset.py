import numpy as np
import pandas as pd

from bentos.battle.api import BattleRequest
from bentos.battle.loadouts import load_index
from tests.support.tiny_battle import draw_dataset
from training.battle.dataset import encode_frame, to_requests

FRAME = pd.DataFrame(
    {
        "species_1": [25, 6],
        "moves_1": [("thunderbolt",), ("flamethrower", "fly")],
        "species_2": [6, 25],
        "moves_2": [("flamethrower", "fly"), ("thunderbolt",)],
        "battles": [10, 10],
        "wins_1": [3, 7],
        "stratum": ["strong", "uniform"],
    }
)


def test_both_orders_of_a_pairing_become_the_same_row() -> None:
    data = encode_frame(FRAME)
    np.testing.assert_array_equal(data.rows[0], data.rows[1])
    assert data.wins.tolist() == [7, 7]
    assert data.trials.tolist() == [10, 10]


def test_the_faster_side_is_first() -> None:
    index = load_index()
    first = encode_frame(FRAME).rows[0, 0]
    assert index.species[int(index.species_of[first[0]])].name == "Charizard"


def test_rows_turn_back_into_requests() -> None:
    request = to_requests(encode_frame(FRAME), 1)[0]
    assert request == BattleRequest(6, 25, ["flamethrower", "fly"], ["thunderbolt"])


def test_requests_are_spread_over_the_whole_set() -> None:
    data = draw_dataset(200, seed=5)
    everything = to_requests(data, len(data.rows))
    asked = to_requests(data, 3)
    assert asked == [everything[0], everything[(len(everything) - 1) // 2], everything[-1]]


def test_selection_keeps_rows_together() -> None:
    chosen = encode_frame(FRAME).select(np.array([False, True]))
    assert chosen.strata.tolist() == ["uniform"]
    assert chosen.features().shape[0] == 1
