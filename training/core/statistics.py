"""Resampling: how sure a number is, given that the items it was measured on are themselves a sample.

The bootstrap of Efron (1979, "Bootstrap Methods: Another Look at the Jackknife"): items are drawn with
replacement, the statistic is computed anew, and percentiles of the results bound it. A resample is held as a
row of counts, how often each item was drawn, so a weighted sum over many resamples is one matrix product.
"""

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_CELLS = 4_000_000
"""Counts held at a time (32 MB as float64)."""


class Interval(msgspec.Struct, frozen=True):
    """An estimate and its two-sided percentile interval."""

    value: float
    low: float
    high: float


class Improvement(msgspec.Struct, frozen=True):
    """A paired difference, and the one-sided bound that it lies above with the asked-for confidence."""

    value: float
    lower_bound: float
    confidence_level: float
    resamples: int
    items: int


def resample_counts(items: int, resamples: int, seed: int) -> Iterator[FloatArray]:
    """Yield float64[k, items] blocks, in all `resamples` rows; every row sums to `items`."""
    generator = np.random.default_rng(seed)
    block = max(1, min(resamples, _CELLS // max(1, items)))
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = generator.integers(0, items, size=(rows, items))
        drawn += np.arange(rows)[:, None] * items
        counts = np.bincount(drawn.ravel(), minlength=rows * items)
        yield counts.reshape(rows, items).astype(np.float64)


def bootstrap_ratio(numerator: FloatArray, denominator: FloatArray, resamples: int, seed: int) -> FloatArray:
    """Return float64[resamples] of sum(numerator) / sum(denominator) over resampled items.

    Both arguments are float64[n], one entry per item.
    """
    blocks = resample_counts(len(numerator), resamples, seed)
    return np.concatenate([(counts @ numerator) / (counts @ denominator) for counts in blocks])


def paired_improvement(
    champion_loss: FloatArray,
    challenger_loss: FloatArray,
    trials: FloatArray,
    *,
    confidence_level: float,
    resamples: int,
    seed: int,
) -> Improvement:
    """Return by how much the challenger's mean loss per trial is lower, with a one-sided lower bound.

    The losses are float64[n], summed over an item's trials; `trials` is float64[n]. Both models are resampled
    together, so what is hard for both cancels out.
    """
    gain = champion_loss - challenger_loss
    values = bootstrap_ratio(gain, trials, resamples, seed)
    return Improvement(
        value=float(gain.sum() / trials.sum()),
        lower_bound=float(np.quantile(values, 1.0 - confidence_level)),
        confidence_level=confidence_level,
        resamples=resamples,
        items=len(gain),
    )
