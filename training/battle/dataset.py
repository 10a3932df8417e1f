"""Labelled pairings as the arrays that training and evaluation use: canonical rows, features, outcomes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bentos.battle.api import BattleRequest
from bentos.battle.features import load_features
from bentos.battle.loadouts import Loadout, load_index

CHUNK_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pairings in canonical order.

    `rows` int64[n, 2, 4] are both loadouts, `wins` float64[n] what the first side won of `trials` float64[n]
    decided battles, `strata` str[n] how the move sets were drawn.
    """

    rows: NDArray[np.int64]
    wins: NDArray[np.float64]
    trials: NDArray[np.float64]
    strata: NDArray[np.object_]

    def features(self) -> NDArray[np.float32]:
        """Return float32[n, n_features]."""
        builder = load_features()
        chunks = [self.rows[start : start + CHUNK_ROWS] for start in range(0, len(self.rows), CHUNK_ROWS)]
        return np.concatenate([builder.build(chunk) for chunk in chunks])

    def select(self, mask: NDArray[np.bool_]) -> "Dataset":
        """Return the pairings where `mask` bool[n] holds."""
        return Dataset(self.rows[mask], self.wins[mask], self.trials[mask], self.strata[mask])


def encode_frame(frame: pd.DataFrame) -> Dataset:
    """Encode a frame of pairings as `training.battle.data` loads it; the order of its rows is kept."""
    index = load_index()
    one = [
        index.encode(*side)
        for side in zip(frame["species_1"].tolist(), frame["moves_1"].tolist(), strict=True)
    ]
    two = [
        index.encode(*side)
        for side in zip(frame["species_2"].tolist(), frame["moves_2"].tolist(), strict=True)
    ]
    swapped = np.array([a > b for a, b in zip(one, two, strict=True)])
    rows = np.array([sorted(pair) for pair in zip(one, two, strict=True)], dtype=np.int64)
    trials = frame["battles"].to_numpy(dtype=np.float64)
    wins_1 = frame["wins_1"].to_numpy(dtype=np.float64)
    return Dataset(
        rows, np.where(swapped, trials - wins_1, wins_1), trials, frame["stratum"].to_numpy(dtype=object)
    )


def to_requests(data: Dataset, count: int) -> list[BattleRequest]:
    """Return `count` pairings, evenly spread over the set, as a caller would ask for them.

    The first side becomes Pokémon 1.
    """
    places = np.linspace(0, len(data.rows) - 1, min(count, len(data.rows))).astype(np.int64)
    return [_request(one, two) for one, two in data.rows[places].tolist()]


def _request(one: Loadout, two: Loadout) -> BattleRequest:
    index = load_index()
    return BattleRequest(
        index.species_at(one).id,
        index.species_at(two).id,
        [move.slug for move in index.moves_at(one)],
        [move.slug for move in index.moves_at(two)],
    )
