"""How often a model passes, where each frozen item is passed or not.

The pass share is the number of items that passed by the number of items. Its interval, and the bound of a
difference between two models, are those of a bootstrap over units (`training.core.statistics`): rows that ask
the same thing in two ways are drawn together, or the interval would be too narrow.
"""

import numpy as np

from training.core.pipeline import BoolArray, FrozenPasses
from training.core.statistics import FloatArray, Interval, bootstrap_ratio

SHARE = "pass_share"


def pass_shares(frozen: FrozenPasses) -> dict[str, float]:
    """Return `pass_share` of all items, and `pass_share_<group>` of each group's; NaN without items."""
    groups = {f"{SHARE}_{group}": _share(frozen, frozen.group == group) for group in np.unique(frozen.group)}
    return {SHARE: _share(frozen, np.ones(len(frozen.passed), dtype=np.bool_)), **groups}


def failures_per_unit(frozen: FrozenPasses) -> tuple[FloatArray, FloatArray]:
    """Return float64[units] failures and float64[units] items of each unit, units in order of their names."""
    _, unit_of_row = np.unique(frozen.unit, return_inverse=True)
    items: FloatArray = np.bincount(unit_of_row).astype(np.float64)
    passes: FloatArray = np.bincount(unit_of_row, weights=frozen.passed).astype(np.float64)
    return items - passes, items


def share_interval(
    frozen: FrozenPasses, *, confidence_level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Interval:
    """Return the pass share with its two-sided percentile bootstrap interval over units."""
    failures, items = failures_per_unit(frozen)
    values = 1.0 - bootstrap_ratio(failures, items, resamples, seed)
    low, high = np.quantile(values, [(1.0 - confidence_level) / 2.0, (1.0 + confidence_level) / 2.0])
    return Interval(float(frozen.passed.mean()), float(low), float(high))


def same_items(one: FrozenPasses, other: FrozenPasses) -> bool:
    """Return whether both are about the very same items."""
    return np.array_equal(one.unit, other.unit) and np.array_equal(one.group, other.group)


def _share(frozen: FrozenPasses, rows: BoolArray) -> float:
    return float(frozen.passed[rows].mean()) if rows.any() else float("nan")
