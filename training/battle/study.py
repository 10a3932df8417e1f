"""How the battle model was sized: `python -m training.battle.study > docs/battle-study.md`.

Three tables: what trees and depth cost and bring, what more pairings bring, and where the rest of the error
sits.
"""

import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from bentos.battle.effects import EFFECTS
from bentos.battle.features import FEATURES
from bentos.core.scorers import OnnxScorer
from training.battle import train
from training.battle.dataset import Dataset
from training.battle.evaluation import ceiling_accuracy, evaluate_booster, to_scores
from training.battle.pipeline import PIPELINE, load_sets
from training.core.git import git_state
from training.core.scores import SCORE_NAMES, log_loss_per_item, score_all

SIZES = ((4, 100), (4, 200), (4, 400), (5, 150), (5, 300), (6, 100), (6, 200), (6, 300), (7, 200), (8, 200))
"""Depth and number of trees. The learning rate falls as trees are added, so that each size is used well."""
TREES_TIMES_RATE = 40.0
SHARES = (0.03, 0.1, 0.3, 1.0)
TIMED_ROWS = 2000
TIMED_REPEATS = 7


def main() -> None:
    """Print the study as Markdown."""
    sets = load_sets()
    sys.stdout.write("# How the battle model was sized\n\n")
    sys.stdout.write(_machine())
    report = evaluate_booster(_fit_as_configured(sets["train"], sets["validation"]), sets)
    sys.stdout.write(_ceiling_words(report))
    _print_table("The ceiling that chance sets", _CEILING_HEAD, ceiling_by_stratum(sets["ceiling"]))
    _print_table("Quality beside baselines", _QUALITY_HEAD, quality(report))
    _print_table("Trees, depth and cost", _COST_HEAD, trade_off(sets))
    _print_table("More pairings", _LEARNING_HEAD, learning_curve(sets))
    _print_table("Where the rest of the error sits", _ERROR_HEAD, errors_by_mechanism(sets))


_QUALITY_HEAD = ("pairings", "model", *(name.replace("_", " ") for name in SCORE_NAMES), "majority accuracy")
_CEILING_HEAD = ("move sets", "pairings", "accuracy at most", "accuracy at least", "log loss", "brier")
_COST_HEAD = ("depth", "trees", "one row, µs of CPU", "ONNX, kB", "test log loss", "test accuracy")
_LEARNING_HEAD = ("training pairings", "test log loss", "test accuracy", "unseen species accuracy")
_ERROR_HEAD = ("pairings where a side has", "pairings", "share", "excess log loss", "of all excess")


def quality(report: dict[str, Any]) -> Iterator[Sequence[str]]:
    """Yield one row per set and model, scores per battle; the model's own with 95 % intervals."""
    for name, judged in report["sets"].items():
        for label, scores in judged["models"].items():
            intervals = scores.get("intervals", {}).get("per_battle", {})
            cells = [_cell(scores["per_battle"][score], intervals.get(score)) for score in SCORE_NAMES]
            yield (name, label.replace("_", " "), *cells, f"{scores['majority']['accuracy']:.4f}")


def _cell(value: float, interval: Sequence[float] | None) -> str:
    return f"{value:.4f}" + (f" ({interval[0]:.4f} to {interval[1]:.4f})" if interval else "")


def _ceiling_words(report: dict[str, Any]) -> str:
    ceiling = report["ceiling_accuracy"]
    sizes = ", ".join(
        f"{name}: {judged['pairings']:,} pairings, {judged['battles']:,} battles"
        for name, judged in report["sets"].items()
    )
    return (
        f"\nNo model can exceed {ceiling['plug_in']:.4f} accuracy per battle on the ceiling pairings "
        f"(estimated from above; {ceiling['held_out']:.4f} from below); "
        f"this one reaches {report['share_of_ceiling']:.2%} of that. Sets: {sizes}.\n"
    )


def ceiling_by_stratum(ceiling: Dataset) -> Iterator[Sequence[str]]:
    """Yield what a model with the true probabilities would score, for all pairings and by stratum.

    The accuracy's two estimates are those of `ceiling_accuracy`; log loss and Brier score take each pairing's
    share of wins for its true probability, which flatters them by about half a battle's worth in 200.
    """
    strata = {"all": np.ones(len(ceiling.trials), dtype=bool)} | {
        str(name): ceiling.strata == name for name in np.unique(ceiling.strata)
    }
    for name, mask in strata.items():
        chosen = ceiling.select(mask)
        accuracy = ceiling_accuracy(chosen)
        scores = score_all(to_scores(chosen, chosen.wins / chosen.trials))
        yield (
            name,
            f"{len(chosen.trials):,}",
            *(f"{accuracy[estimate]:.4f}" for estimate in ("plug_in", "held_out")),
            *(f"{scores[score]:.4f}" for score in ("log_loss", "brier")),
        )


def trade_off(sets: dict[str, Dataset]) -> Iterator[Sequence[str]]:
    """Yield one row per size: what it costs to answer one row, and how good the answers are."""
    features = sets["test"].features()
    for depth, trees in SIZES:
        booster = _fit(sets["train"], sets["validation"], depth, trees)
        onnx = train.to_onnx(booster)
        scores = score_all(to_scores(sets["test"], train.predict(booster, features)))
        microseconds = time_one_row(OnnxScorer(onnx), features)
        yield (
            str(depth),
            str(booster.num_boosted_rounds()),
            f"{microseconds:.1f}",
            f"{len(onnx) / 1000:.0f}",
            f"{scores['log_loss']:.4f}",
            f"{scores['accuracy']:.4f}",
        )


def time_one_row(scorer: OnnxScorer, features: NDArray[np.float32]) -> float:
    """Return the least mean CPU time in µs of scoring different single rows, over some repeats, on one
    thread."""
    rows = [features[place : place + 1].copy() for place in range(min(TIMED_ROWS, len(features)))]
    best = np.inf
    for _ in range(TIMED_REPEATS):
        start = time.thread_time()
        for row in rows:
            scorer.score(row)
        best = min(best, time.thread_time() - start)
    return float(best / len(rows) * 1e6)


def learning_curve(sets: dict[str, Dataset]) -> Iterator[Sequence[str]]:
    """Yield one row per share of the training pairings."""
    generator = np.random.default_rng(0)
    order = generator.random(len(sets["train"].trials))
    for share in SHARES:
        chosen = sets["train"].select(order < share)
        booster = _fit_as_configured(chosen, sets["validation"])
        test, unseen = (
            score_all(to_scores(sets[name], train.predict(booster, sets[name].features())))
            for name in ("test", "unseen")
        )
        yield (
            f"{len(chosen.trials):,}",
            f"{test['log_loss']:.4f}",
            f"{test['accuracy']:.4f}",
            f"{unseen['accuracy']:.4f}",
        )


def errors_by_mechanism(sets: dict[str, Dataset]) -> Iterator[Sequence[str]]:
    """Yield one row per effect: log loss beyond what the pairing's own chance explains, on the ceiling
    pairings."""
    booster = _fit_as_configured(sets["train"], sets["validation"])
    ceiling = sets["ceiling"]
    features = ceiling.features()
    frozen = to_scores(ceiling, train.predict(booster, features))
    own = to_scores(ceiling, ceiling.wins / ceiling.trials)
    excess = (log_loss_per_item(frozen) - log_loss_per_item(own)) / ceiling.trials
    groups = {"any move set": np.ones(len(excess), dtype=bool)} | {
        effect.replace("_", " "): _has(features, effect) for effect in EFFECTS
    }
    for name, mask in sorted(groups.items(), key=lambda item: -excess[item[1]].sum()):
        yield (
            name,
            str(int(mask.sum())),
            f"{mask.mean():.0%}",
            f"{excess[mask].mean():.4f}",
            f"{excess[mask].sum() / excess.sum():.0%}",
        )


def _has(features: NDArray[np.float32], effect: str) -> NDArray[np.bool_]:
    first, second = (features[:, FEATURES.index(f"{side}_any_{effect}")] for side in ("first", "second"))
    return np.asarray((first > 0) | (second > 0))


def _fit(data: Dataset, validation: Dataset, depth: int, trees: int) -> xgboost.Booster:
    rate = min(0.3, TREES_TIMES_RATE / trees)
    sized = PIPELINE.parameters["booster"] | {"max_depth": depth, "learning_rate": rate}
    return _fit_with(data, validation, PIPELINE.parameters | {"booster": sized, "rounds": trees})


def _fit_as_configured(data: Dataset, validation: Dataset) -> xgboost.Booster:
    return _fit_with(data, validation, PIPELINE.parameters)


def _fit_with(data: Dataset, validation: Dataset, parameters: dict[str, Any]) -> xgboost.Booster:
    max_bin = parameters["booster"]["max_bin"]
    matrix = train.to_matrix(data, max_bin)
    return train.fit(matrix, train.to_matrix(validation, max_bin, matrix), parameters)


def _machine() -> str:
    commit = git_state(Path(__file__).parent)
    return f"Measured on {os.cpu_count()} cores ({platform.machine()}), one thread an engine, {commit}.\n"


def _print_table(title: str, head: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    sys.stdout.write(f"\n## {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}\n")
    for row in rows:
        sys.stdout.write(f"| {' | '.join(row)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
