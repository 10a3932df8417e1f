import pytest

from bentos.battle.effects import EFFECTS
from bentos.core.scorers import OnnxScorer
from tests.support.tiny_battle import PARAMETERS, tiny_candidate, tiny_sets
from training.battle import pipeline, study


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.PIPELINE, "parameters", PARAMETERS)
    monkeypatch.setattr(study, "SIZES", ((2, 3), (4, 30)))
    monkeypatch.setattr(study, "SHARES", (0.2, 1.0))
    monkeypatch.setattr(study, "TIMED_REPEATS", 1)


def test_larger_models_take_more_bytes() -> None:
    small, large = study.trade_off(tiny_sets())
    assert (small[0], large[0]) == ("2", "4")
    assert float(small[3]) <= float(large[3])
    assert all(float(row[2]) > 0 for row in (small, large))


def test_learning_curve_ends_with_all_pairings() -> None:
    few, everything = study.learning_curve(tiny_sets())
    assert everything[0] == f"{len(tiny_sets()['train'].trials):,}"
    assert int(few[0]) < len(tiny_sets()["train"].trials) / 3


def test_errors_are_shared_out_among_all_mechanisms() -> None:
    rows = list(study.errors_by_mechanism(tiny_sets()))
    assert len(rows) == len(EFFECTS) + 1
    everything = next(row for row in rows if row[0] == "any move set")
    assert everything[1:3] == (str(len(tiny_sets()["ceiling"].trials)), "100%")
    assert everything[4] == "100%"


def test_ceiling_is_given_for_all_and_by_stratum() -> None:
    rows = list(study.ceiling_by_stratum(tiny_sets()["ceiling"]))
    assert [row[0] for row in rows] == ["all", "strong", "uniform"]
    assert int(rows[0][1]) == int(rows[1][1]) + int(rows[2][1])
    assert all(float(row[3]) <= float(row[2]) <= 1 for row in rows)


def test_one_row_takes_time() -> None:
    scorer = OnnxScorer(tiny_candidate().files["model.onnx"])
    assert study.time_one_row(scorer, tiny_sets()["test"].features()) > 0


def test_study_is_printed_as_markdown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(study, "load_sets", tiny_sets)
    study.main()
    printed = capsys.readouterr().out
    assert printed.startswith("# How the battle model was sized\n\nMeasured on ")
    assert printed.count("\n## ") == 5
    assert "| test | turns heuristic |" in printed
    assert "of that. Sets: test: " in printed
