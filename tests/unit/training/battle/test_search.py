import optuna
import pytest
import yaml

from tests.support.tiny_battle import PARAMETERS, tiny_sets
from training.battle import pipeline, search

BOOSTER = {
    "tree_method": "hist",
    "max_depth": 3,
    "max_bin": 64,
    "learning_rate": 0.3,
    "min_child_weight": 1.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "reg_lambda": 1.0,
}


def test_search_varies_only_what_costs_nothing_to_serve(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    monkeypatch.setattr(search, "load_sets", tiny_sets)
    monkeypatch.setattr(pipeline.PIPELINE, "parameters", PARAMETERS | {"booster": BOOSTER})
    monkeypatch.setattr("sys.argv", ["search", "--trials", "2"])
    search.main()
    found = yaml.safe_load(capsys.readouterr().out)["booster"]
    assert set(found) == set(BOOSTER)
    assert (found["max_depth"], found["max_bin"]) == (3, 64)
