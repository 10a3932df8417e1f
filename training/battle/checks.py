"""What must hold of the labelled battles before anything is learned from them."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from bentos.battle.pokedex import MOST_MOVES, load_pokedex
from training.battle.data import SPLITS, held_out_numbers
from training.battle.pairings import STRATA
from training.core.errors import DataError

MOST_BATTLES = 200
BALANCE_TOLERANCE = 0.01
"""How far the first side's share of wins may be from one half. Which side a Pokémon is on is drawn, so that
330,000 rows stray by 0.001."""
STRATUM_TOLERANCE = 0.03
"""The same within one stratum. The smallest has 14,535 rows, which stray by 0.004."""

Rule = Callable[[pd.DataFrame], "pd.Series[bool]"]
"""Says of each row whether it keeps the rule."""


class DataCheckFailed(DataError):
    """The labelled battles break rules that training relies on; `problems` has a sentence for each rule."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(f"- {problem}" for problem in self.problems)
        super().__init__(f"{len(self.problems)} checks of the battle data failed:\n{listed}")


def check_battles(frame: pd.DataFrame) -> None:
    """Check labelled pairings as `load_battles` returns them.

    Missing values, types, ranges, legal move sets, duplicates in either order, balance between the sides,
    leakage between the splits in either order, held-out species.

    Raises:
        DataCheckFailed: with a sentence for every broken rule, how many rows break it and the first of them.
    """
    _check(frame, {**PAIRING_RULES, **SAMPLE_RULES})


def check_ceiling(frame: pd.DataFrame) -> None:
    """Check the frozen test pairings as `load_ceiling` returns them.

    Raises:
        DataCheckFailed: as `check_battles`.
    """
    _check(frame, {**PAIRING_RULES, "every pairing is a test pairing": lambda rows: rows["split"] == "test"})


def _check(frame: pd.DataFrame, rules: Mapping[str, Rule]) -> None:
    # Rules that compare columns need columns of the right kind, so those come first.
    problems = list(_column_problems(frame)) or list(_rule_problems(frame, rules))
    if problems:
        raise DataCheckFailed(problems)


def _column_problems(frame: pd.DataFrame) -> Iterator[str]:
    try:
        SCHEMA.validate(frame, lazy=True)
    except SchemaErrors as error:
        for (column, check), cases in error.failure_cases.groupby(
            ["column", "check"], dropna=False, sort=False
        ):
            yield f"{column}: {check}: {cases['failure_case'].iloc[0]} ({len(cases)} times)"


def _rule_problems(frame: pd.DataFrame, rules: Mapping[str, Rule]) -> Iterator[str]:
    for sentence, rule in rules.items():
        broken = frame[~rule(frame)]
        if len(broken):
            yield f"not so: {sentence} ({len(broken)} rows, first: {broken.iloc[0].to_dict()})"


def _known_species(ids: "pd.Series[int]") -> "pd.Series[bool]":
    return ids.isin(list(load_pokedex().species_by_id))


def _legal_moves(side: int) -> Rule:
    def legal(rows: pd.DataFrame) -> "pd.Series[bool]":
        known = {species: frozenset(moves) for species, moves in load_pokedex().learnset.items()}
        pairs = zip(rows[f"species_{side}"], rows[f"moves_{side}"], strict=True)
        verdicts = [
            1 <= len(moves) <= MOST_MOVES
            and list(moves) == sorted(set(moves))
            and known[species].issuperset(moves)
            for species, moves in pairs
        ]
        return pd.Series(verdicts, rows.index)

    return legal


def _loadouts(rows: pd.DataFrame) -> list[list[tuple[int, tuple[str, ...]]]]:
    sides = [zip(rows[f"species_{side}"], rows[f"moves_{side}"], strict=True) for side in (1, 2)]
    return [sorted(pair) for pair in zip(*sides, strict=True)]


def _not_against_itself(rows: pd.DataFrame) -> "pd.Series[bool]":
    return pd.Series([one != two for one, two in _loadouts(rows)], rows.index)


def _not_twice(rows: pd.DataFrame) -> "pd.Series[bool]":
    return ~pd.Series([tuple(pair) for pair in _loadouts(rows)], rows.index).duplicated()


def _one_split(rows: pd.DataFrame) -> "pd.Series[bool]":
    species = rows[["species_1", "species_2"]]
    splits = rows["split"].groupby([species.min(axis=1), species.max(axis=1)]).transform("nunique")
    return splits == 1


def _held_out(rows: pd.DataFrame) -> "pd.Series[bool]":
    numbers = held_out_numbers()
    ids = [one.id for one in load_pokedex().species if one.dex_number in numbers]
    involved = rows["species_1"].isin(ids) | rows["species_2"].isin(ids)
    return involved == (rows["split"] == "unseen")


def _balanced(rows: pd.DataFrame) -> "pd.Series[bool]":
    share = (rows["wins_1"] / rows["battles"]).mean()
    return pd.Series(abs(share - 0.5) <= BALANCE_TOLERANCE, rows.index)


def _balanced_strata(rows: pd.DataFrame) -> "pd.Series[bool]":
    shares = (rows["wins_1"] / rows["battles"]).groupby(rows["stratum"]).transform("mean")
    return (shares - 0.5).abs() <= STRATUM_TOLERANCE


SCHEMA = pa.DataFrameSchema(
    {
        "species_1": pa.Column("int32", pa.Check(_known_species, error="a known species id")),
        "species_2": pa.Column("int32", pa.Check(_known_species, error="a known species id")),
        "moves_1": pa.Column(object),
        "moves_2": pa.Column(object),
        "battles": pa.Column("int32", pa.Check.in_range(1, MOST_BATTLES)),
        "wins_1": pa.Column("int32", pa.Check.ge(0)),
        "stratum": pa.Column(str, pa.Check.isin(STRATA)),
        "split": pa.Column(str, pa.Check.isin(SPLITS)),
    }
)

PAIRING_RULES: dict[str, Rule] = {
    "the first side wins at most all battles": lambda rows: rows["wins_1"] <= rows["battles"],
    "the first side has one to four different moves that it can learn, sorted": _legal_moves(1),
    "the second side has one to four different moves that it can learn, sorted": _legal_moves(2),
    "no loadout meets itself": _not_against_itself,
    "no pairing comes twice, in either order": _not_twice,
}

SAMPLE_RULES: dict[str, Rule] = {
    "a pair of species is in one split only, in either order": _one_split,
    "held-out species are in the split `unseen`, and only they": _held_out,
    "either side wins half of the battles": _balanced,
    "either side wins half of the battles of each stratum": _balanced_strata,
}
