"""Every fault that could spoil training is caught, and named."""

from typing import Any

import pandas as pd
import pytest

from training.battle.checks import DataCheckFailed, check_battles, check_ceiling
from training.battle.data import split_column
from training.battle.pairings import draw_pairings


@pytest.fixture
def frame() -> pd.DataFrame:
    """Return real pairings with made-up results: every side wins one battle of two."""
    draws = draw_pairings(600)
    rows = pd.DataFrame(
        {
            "species_1": [draw.one.species for draw in draws],
            "moves_1": [draw.one.moves for draw in draws],
            "species_2": [draw.two.species for draw in draws],
            "moves_2": [draw.two.moves for draw in draws],
            "battles": 2,
            "wins_1": 1,
            "stratum": [draw.stratum for draw in draws],
        }
    )
    numbers = ["species_1", "species_2", "battles", "wins_1"]
    rows[numbers] = rows[numbers].astype("int32")
    rows["split"] = split_column(rows)
    return rows


def _problems(frame: pd.DataFrame) -> str:
    with pytest.raises(DataCheckFailed) as failure:
        check_battles(frame)
    assert f"{len(failure.value.problems)} checks of the battle data failed" in str(failure.value)
    return "\n".join(failure.value.problems)


def _first(frame: pd.DataFrame, split: str) -> int:
    return int(frame.index[frame["split"] == split][0])


def test_faultless_data_pass(frame: pd.DataFrame) -> None:
    check_battles(frame)
    check_ceiling(frame[frame["split"] == "test"])


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("species_1", 999, "species_1: a known species id: 999"),
        ("species_2", 26 + 20000, "species_2: a known species id"),
        ("battles", 0, "battles: in_range(1, 200): 0"),
        ("battles", 201, "battles: in_range(1, 200): 201"),
        ("wins_1", -1, "wins_1: greater_than_or_equal_to(0): -1"),
        ("wins_1", 3, "the first side wins at most all battles"),
        ("stratum", "lucky", "stratum: isin"),
        ("split", "holdout", "split: isin"),
        ("moves_1", (), "the first side has one to four different moves"),
        ("moves_1", ("splash",), "the first side has one to four different moves"),
        ("moves_1", ("tackle", "tackle"), "the first side has one to four different moves"),
        ("moves_2", ("no-such-move",), "the second side has one to four different moves"),
        (
            "moves_2",
            ("growl", "leech-seed", "mega-drain", "tackle", "toxic"),
            "the second side has one to four",
        ),
        ("moves_2", ("toxic", "growl"), "the second side has one to four different moves"),
    ],
)
def test_wrong_value_is_named(frame: pd.DataFrame, column: str, value: Any, problem: str) -> None:
    frame.at[3, column] = value
    assert problem in _problems(frame)


@pytest.mark.parametrize("column", ["species_1", "moves_1", "battles", "wins_1", "stratum", "split"])
def test_missing_value_is_named(frame: pd.DataFrame, column: str) -> None:
    frame[column] = frame[column].astype(object)
    frame.at[3, column] = None
    assert f"{column}: not_nullable" in _problems(frame)


def test_missing_column_is_named(frame: pd.DataFrame) -> None:
    assert "column_in_dataframe: wins_1" in _problems(frame.drop(columns="wins_1"))


def test_pairing_that_comes_twice_is_caught(frame: pd.DataFrame) -> None:
    assert "no pairing comes twice" in _problems(pd.concat([frame, frame.iloc[:1]]))


def test_pairing_that_comes_twice_with_sides_exchanged_is_caught(frame: pd.DataFrame) -> None:
    turned = frame.iloc[:1].rename(
        columns={
            "species_1": "species_2",
            "species_2": "species_1",
            "moves_1": "moves_2",
            "moves_2": "moves_1",
        }
    )
    assert "no pairing comes twice, in either order" in _problems(pd.concat([frame, turned[frame.columns]]))


def test_loadout_that_meets_itself_is_caught(frame: pd.DataFrame) -> None:
    for name in ("species", "moves"):
        frame[f"{name}_2"] = frame[f"{name}_2"].where(frame.index > 0, frame[f"{name}_1"])
    assert "no loadout meets itself" in _problems(frame)


def test_pair_of_species_in_two_splits_is_caught_in_either_order(frame: pd.DataFrame) -> None:
    row = _first(frame, "train")
    leaked = frame.loc[[row]].rename(columns={"species_1": "species_2", "species_2": "species_1"})
    leaked = leaked.rename(columns={"moves_1": "moves_2", "moves_2": "moves_1"})[frame.columns]
    leaked["split"] = "test"
    leaked["moves_1"] = [moves[:1] for moves in leaked["moves_1"]]
    problems = _problems(pd.concat([frame, leaked], ignore_index=True))
    assert "a pair of species is in one split only, in either order (2 rows" in problems


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_held_out_species_in_training_is_caught(frame: pd.DataFrame, split: str) -> None:
    row = _first(frame, "unseen")
    frame.at[row, "split"] = split
    assert "held-out species are in the split `unseen`" in _problems(frame)


def test_seen_species_among_the_unseen_are_caught(frame: pd.DataFrame) -> None:
    frame.at[_first(frame, "train"), "split"] = "unseen"
    assert "held-out species are in the split `unseen`, and only they" in _problems(frame)


def test_side_that_wins_too_often_is_caught(frame: pd.DataFrame) -> None:
    frame.loc[:20, "wins_1"] = 2
    assert "either side wins half of the battles (600 rows" in _problems(frame)


def test_stratum_in_which_a_side_wins_too_often_is_caught(frame: pd.DataFrame) -> None:
    frame.loc[:9, "stratum"] = "mixed"
    frame.loc[:4, "wins_1"] = 2
    problems = _problems(frame)
    assert "either side wins half of the battles of each stratum (10 rows" in problems
    assert "either side wins half of the battles (" not in problems


def test_all_broken_rules_are_named_at_once(frame: pd.DataFrame) -> None:
    frame.loc[0, "wins_1"] = 3
    frame["moves_1"] = [("splash",), *frame["moves_1"].iloc[1:]]
    assert len(_problems(frame).splitlines()) == 2


def test_ceiling_with_a_training_pairing_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(DataCheckFailed, match="every pairing is a test pairing"):
        check_ceiling(frame)
