"""Plots for the tracking page, as PNG bytes."""

import io

import numpy as np
import xgboost
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bentos.battle.features import FEATURES
from training.core.pipeline import FrozenScores
from training.core.scores import calibration_bins, cases

MOST_FEATURES = 25


def draw_confusion(frozen: FrozenScores) -> bytes:
    """Battles won and lost by the first side, against what was said."""
    said = frozen.probability > 0.5
    lost = frozen.trials - frozen.successes
    table = np.array(
        [
            [lost[~said].sum(), lost[said].sum()],
            [frozen.successes[~said].sum(), frozen.successes[said].sum()],
        ]
    )
    figure = Figure(figsize=(5, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.imshow(table, cmap="Blues")
    for (row, column), count in np.ndenumerate(table):
        dark = count > table.max() / 2
        share = count / table.sum()
        axes.text(
            column, row, f"{int(count):,}\n{share:.1%}", ha="center", va="center", color="w" if dark else "k"
        )
    axes.set_xticks([0, 1], ["second", "first"])
    axes.set_yticks([0, 1], ["second", "first"])
    axes.set(xlabel="predicted winner (side)", ylabel="winner (side)", title="Battles, test pairings")
    return _to_png(figure)


def draw_calibration(frozen: FrozenScores) -> bytes:
    """Observed shares against predicted probabilities, equal-mass bins."""
    points = calibration_bins(cases(frozen))
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot([point.predicted for point in points], [point.observed for point in points], marker="o")
    axes.set(xlabel="predicted probability", ylabel="observed share", title="Calibration, test pairings")
    return _to_png(figure)


def draw_importance(booster: xgboost.Booster) -> bytes:
    """Share of the total gain of the most useful features."""
    gains = {
        name: float(np.sum(gain)) for name, gain in booster.get_score(importance_type="total_gain").items()
    }
    total = sum(gains.values())
    named = [(FEATURES[int(name[1:])], gain / total) for name, gain in gains.items()]
    best = sorted(named, key=lambda item: item[1])[-MOST_FEATURES:]
    figure = Figure(figsize=(7, 7), layout="constrained")
    axes = figure.subplots()
    axes.barh([name for name, _ in best], [gain for _, gain in best])
    axes.set(xlabel="share of total gain", title="Most useful features")
    return _to_png(figure)


def _to_png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
