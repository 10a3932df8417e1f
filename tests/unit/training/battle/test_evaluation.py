import numpy as np
import pytest

from tests.support.tiny_battle import draw_dataset
from training.battle.dataset import Dataset
from training.battle.evaluation import ceiling_accuracy, evaluate


def _with_wins(wins: list[float], trials: float) -> Dataset:
    data = draw_dataset(40, 3)
    return Dataset(
        data.rows[: len(wins)], np.array(wins), np.full(len(wins), trials), data.strata[: len(wins)]
    )


def test_decided_pairings_have_a_ceiling_of_one() -> None:
    assert ceiling_accuracy(_with_wins([0, 200, 200], 200)) == {"plug_in": 1.0, "held_out": 1.0}


def test_ceiling_lies_between_its_two_estimates() -> None:
    generator = np.random.default_rng(0)
    truth = generator.beta(0.5, 0.5, 30)
    data = draw_dataset(40, 3)
    wins = generator.binomial(200, truth).astype(np.float64)
    fought = Dataset(data.rows[:30], wins, np.full(30, 200.0), data.strata[:30])
    estimate = ceiling_accuracy(fought)
    known = float(np.maximum(truth, 1 - truth).mean())
    assert estimate["held_out"] <= estimate["plug_in"]
    assert known == pytest.approx(estimate["plug_in"], abs=0.02)


def test_report_has_every_model_and_details_for_one() -> None:
    data = draw_dataset(60, seed=4)
    share = data.wins / data.trials
    report = evaluate(
        {"oracle": lambda _: share, "coin": lambda rows: np.full(len(rows), 0.5)}, {"test": data}, "oracle"
    )
    assert report["test"]["pairings"] == len(data.trials)
    assert report["test"]["battles"] == data.trials.sum()
    oracle, coin = report["test"]["models"]["oracle"], report["test"]["models"]["coin"]
    assert oracle["per_battle"]["accuracy"] > coin["per_battle"]["accuracy"]
    low, high = oracle["intervals"]["per_battle"]["log_loss"]
    assert low < oracle["per_battle"]["log_loss"] < high
    assert set(oracle["accuracy_by_stratum"]) == {"strong", "uniform"}
    assert "intervals" not in coin
