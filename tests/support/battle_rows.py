"""Rows of battles for clients of the Open Inference Protocol, and what the small model says to them."""

from typing import Any

import numpy as np

from bentos.battle.tensors import tensors
from tests.support.tiny_battle import tiny_predictor

ROWS: dict[str, Any] = {
    "pokemon_1_id": [25, 150, 10026, 25] * 5,
    "pokemon_2_id": [6, 129, 150, 25] * 5,
    "pokemon_2_moves": [[0, 0, 0, 0]] * 20,
}
EXPECTED = {
    name: array.tolist()
    for name, array in tensors(tiny_predictor())
    .infer({name: np.array(values) for name, values in ROWS.items()})
    .items()
}
