"""Look for better parameters with Optuna: `python -m training.battle.search --trials 30`.

Prints what to put under `booster` in params.yaml; changes nothing by itself. Depth and rounds stay as they
are, since they are bounded by what one answer may cost.
"""

import argparse
import sys
from typing import Any

import optuna
import xgboost
import yaml

from training.battle import train
from training.battle.pipeline import PIPELINE, load_sets


def suggest(trial: optuna.Trial, fixed: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of one trial: `fixed` with what Optuna varies replaced."""
    return fixed | {
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.3, log=True),
        "min_child_weight": trial.suggest_float("min_child_weight", 1, 200, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 20, log=True),
    }


def search(trials: int, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters with the least validation log loss among `trials` seeded ones."""
    sets = load_sets()
    matrix = train.to_matrix(sets["train"], parameters["booster"]["max_bin"])
    validation = train.to_matrix(sets["validation"], parameters["booster"]["max_bin"], matrix)

    def objective(trial: optuna.Trial) -> float:
        booster = train.fit(
            matrix, validation, parameters | {"booster": suggest(trial, parameters["booster"])}
        )
        return _log_loss(booster, validation)

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=parameters["seed"]))
    study.enqueue_trial({name: parameters["booster"][name] for name in _VARIED})
    study.optimize(objective, n_trials=trials, show_progress_bar=sys.stderr.isatty())
    best: dict[str, Any] = parameters["booster"] | study.best_params
    return best


_VARIED = ("learning_rate", "min_child_weight", "subsample", "colsample_bytree", "reg_lambda")


def _log_loss(booster: xgboost.Booster, validation: xgboost.DMatrix) -> float:
    return float(str(booster.eval(validation)).rsplit(":", 1)[1])


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=30, help="how many parameter sets to try")
    arguments = parser.parse_args()
    best = search(arguments.trials, PIPELINE.parameters)
    sys.stdout.write(yaml.safe_dump({"booster": best}, sort_keys=False))


if __name__ == "__main__":
    main()
