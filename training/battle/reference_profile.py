"""What training looked like, kept in the package so that what is served can later be compared with it."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bentos.battle.features import FEATURES, load_features
from bentos.battle.predictor import BattlePredictor
from training.battle.dataset import Dataset

SAMPLE_ROWS = 20_000
QUANTILES = 10
SEED = 0


class Distribution(msgspec.Struct, frozen=True):
    """Shares of rows between ascending `edges`: shares[i] lies in [edges[i], edges[i + 1]), the last bin
    closed."""

    edges: list[float]
    shares: list[float]


class Reference(msgspec.Struct, frozen=True):
    """Distributions of features and answers, and how often each species and each number of moves was seen."""

    rows: int
    features: dict[str, Distribution]
    first_win_probability: Distribution
    species: dict[str, float]
    moves: dict[str, float]


def describe_reference(data: Dataset, predictor: BattlePredictor) -> bytes:
    """Return the reference profile of a training set as JSON, from a seeded sample of its pairings."""
    generator = np.random.default_rng(SEED)
    rows = data.rows[generator.permutation(len(data.rows))[:SAMPLE_ROWS]]
    features = load_features().build(rows)
    index = predictor.index
    identifiers = np.array([one.id for one in index.species])
    reference = Reference(
        rows=len(rows),
        features={name: _by_quantiles(features[:, column]) for column, name in enumerate(FEATURES)},
        first_win_probability=_describe(predictor.onnx.score(features), np.linspace(0, 1, QUANTILES + 1)),
        species=_frequencies(identifiers[index.species_of[rows[:, :, 0]]]),
        moves=_frequencies((rows != index.empty).sum(axis=2)),
    )
    return msgspec.json.encode(reference)


def _by_quantiles(values: NDArray[np.float32]) -> Distribution:
    edges = np.unique(np.quantile(values.astype(np.float64), np.linspace(0, 1, QUANTILES + 1)))
    return _describe(values, edges)


def _describe(values: NDArray[np.float32], edges: NDArray[np.float64]) -> Distribution:
    if len(edges) < 2:
        return Distribution(edges=edges.tolist() * 2, shares=[1.0])
    counts, _ = np.histogram(values.astype(np.float64), bins=edges)
    return Distribution(edges=edges.tolist(), shares=(counts / max(counts.sum(), 1)).tolist())


def _frequencies(values: NDArray[Any]) -> dict[str, float]:
    found, counts = np.unique(values, return_counts=True)
    return {str(value): float(count) / values.size for value, count in zip(found, counts, strict=True)}
