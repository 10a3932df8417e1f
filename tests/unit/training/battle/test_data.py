"""The committed battles, their split and their hash."""

from collections import Counter
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bentos.battle.pokedex import load_pokedex
from training.battle.checks import check_battles, check_ceiling
from training.battle.data import (
    HELD_OUT_NUMBERS,
    NEVER_HELD_OUT,
    held_out_numbers,
    load_battles,
    load_ceiling,
    made_by,
    split_of,
    write_battles,
)
from training.battle.files import BATTLES, CEILING, data_hash
from training.battle.simulator import program_digest


@pytest.fixture(scope="module")
def battles() -> pd.DataFrame:
    return load_battles()


@pytest.fixture(scope="module")
def ceiling() -> pd.DataFrame:
    return load_ceiling()


def _pairs() -> list[tuple[int, int]]:
    ids = [one.id for one in load_pokedex().species]
    return list(combinations_with_replacement(ids, 2))


def test_committed_battles_pass_their_checks(battles: pd.DataFrame) -> None:
    check_battles(battles)


def test_committed_ceiling_passes_its_checks(ceiling: pd.DataFrame) -> None:
    check_ceiling(ceiling)


def test_committed_data_are_as_large_as_promised(battles: pd.DataFrame, ceiling: pd.DataFrame) -> None:
    assert len(battles) >= 300_000
    assert len(ceiling) >= 2_000
    assert ceiling["battles"].min() >= 190
    assert sum(path.stat().st_size for path in BATTLES.parent.iterdir()) <= 10_000_000


def test_every_pair_of_species_met_with_default_moves(battles: pd.DataFrame) -> None:
    assert (battles["stratum"] == "default").sum() == 171 * 170 // 2


def test_ceiling_pairings_are_among_the_test_pairings(battles: pd.DataFrame, ceiling: pd.DataFrame) -> None:
    keys = ["species_1", "moves_1", "species_2", "moves_2"]
    tests = battles.loc[battles["split"] == "test", keys]
    assert len(ceiling.merge(tests, on=keys)) == len(ceiling)


def test_both_files_were_made_by_the_simulator_in_this_checkout() -> None:
    assert made_by(BATTLES) == made_by(CEILING) == program_digest()


def test_data_card_says_what_the_files_hold(battles: pd.DataFrame, ceiling: pd.DataFrame) -> None:
    card = (BATTLES.parent / "DATA_CARD.md").read_text(encoding="utf-8")
    strata, splits = battles["stratum"].value_counts(), battles["split"].value_counts()
    counts = [len(battles), len(ceiling), battles["battles"].sum(), *strata, *splits]
    sizes = [path.stat().st_size for path in (BATTLES, CEILING)]
    for number in (*counts, *sizes):
        assert f"{number:,}" in card
    assert data_hash() in card
    assert program_digest() in card
    for one in load_pokedex().species:
        if one.dex_number in held_out_numbers() and not one.forme:
            assert one.name in card


def test_split_is_the_same_in_either_order() -> None:
    assert all(split_of(one, two) == split_of(two, one) for one, two in _pairs())


def test_split_has_its_shares() -> None:
    counts = Counter(split_of(one, two) for one, two in _pairs())
    seen = counts.total() - counts["unseen"]
    shares = {split: counts[split] / seen for split in ("train", "validation", "test")}
    assert shares == pytest.approx({"train": 0.8, "validation": 0.1, "test": 0.1}, abs=0.01)


def test_split_never_changes() -> None:
    assert [split_of(25, other) for other in (6, 9, 74, 150)] == ["test", "train", "train", "train"]
    assert held_out_numbers() == {8, 18, 28, 50, 108, 134, 135, 142}


def test_held_out_numbers_are_few_and_never_the_popular_ones() -> None:
    assert len(held_out_numbers()) == HELD_OUT_NUMBERS
    assert not held_out_numbers() & NEVER_HELD_OUT


def test_all_formes_of_a_held_out_number_are_unseen() -> None:
    assert split_of(28, 25) == split_of(10028, 25) == "unseen"


def _small() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "species_1": [25, 6],
            "moves_1": [("quick-attack", "thunderbolt"), ("flamethrower",)],
            "species_2": [6, 150],
            "moves_2": [("flamethrower",), ("psychic",)],
            "battles": [7, 15],
            "wins_1": [1, 2],
            "stratum": ["strong", "uniform"],
        }
    )


def test_written_battles_are_read_back_sorted_with_their_split(tmp_path: Path) -> None:
    path = tmp_path / "new" / "battles.parquet"
    write_battles(_small(), path, "abc")
    frame = load_battles(path)
    assert frame["species_1"].tolist() == [6, 25]
    assert frame["moves_1"].tolist() == [("flamethrower",), ("quick-attack", "thunderbolt")]
    assert frame["split"].tolist() == [split_of(6, 150), split_of(25, 6)]
    assert frame[["species_1", "battles"]].dtypes.tolist() == ["int32", "int32"]
    assert made_by(path) == "abc"


def test_file_without_a_maker_says_so(tmp_path: Path) -> None:
    path = tmp_path / "battles.parquet"
    _small().to_parquet(path)
    assert made_by(path) == "unknown"


@pytest.mark.parametrize(
    ("column", "value"), [("wins_1", 3), ("battles", 8), ("moves_2", ("ember",)), ("stratum", "mixed")]
)
def test_hash_changes_with_any_value(tmp_path: Path, column: str, value: Any) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    write_battles(_small(), one, "abc")
    changed = _small()
    changed.at[0, column] = value
    write_battles(changed, two, "abc")
    assert data_hash([one]) != data_hash([two])
