"""The labelled battles, and how they are split: by pair of species, so that no matchup is on both sides.

`battles.parquet` and `ceiling.parquet` in `data/` are described in `data/DATA_CARD.md`.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Literal

import pandas as pd

from bentos.battle.pokedex import load_pokedex
from training.battle.files import BATTLES, CEILING
from training.core.files import write_atomically

NUMBERS = ("species_1", "species_2", "battles", "wins_1")
COLUMNS = ["species_1", "moves_1", "species_2", "moves_2", "battles", "wins_1", "stratum"]
_MADE_BY = "simulator_sha256"

Split = Literal["train", "validation", "test", "unseen"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test", "unseen")

HELD_OUT_NUMBERS = 8
NEVER_HELD_OUT = frozenset({6, 25, 150})
"""Charizard, Pikachu and Mewtwo: everybody asks about them."""


def load_battles(path: Path | BinaryIO = BATTLES) -> pd.DataFrame:
    """Return the labelled pairings, one row each.

    Columns: species_1, species_2 int32; moves_1, moves_2 tuple[str, ...], sorted; battles int32, the decided
    battles; wins_1 int32, those that the first Pokémon won; stratum str, how the move sets were drawn; split
    str, one of `SPLITS`. Rows are sorted by species: take samples, not the head.
    """
    frame = pd.read_parquet(path, columns=COLUMNS)
    for name in ("moves_1", "moves_2"):
        frame[name] = [tuple(moves) for moves in frame[name]]
    frame["split"] = split_column(frame)
    return frame


def load_ceiling(path: Path = CEILING) -> pd.DataFrame:
    """Return some test pairings with many battles each, columns as `load_battles`.

    None of these battles is among those of `load_battles`: they tell how well any model can do there.
    """
    return load_battles(path)


def write_battles(frame: pd.DataFrame, path: Path, simulator: str) -> None:
    """Write labelled pairings, columns as `load_battles` but for `split`, sorted so that they compress well.

    `simulator` is the digest of the program that fought them; `made_by` reads it back.
    """
    write_atomically(path, encode_battles(frame, simulator))


def encode_battles(frame: pd.DataFrame, simulator: str) -> bytes:
    """Return the content of the file that `write_battles` writes."""
    ordered = frame[COLUMNS].sort_values(["species_1", "species_2", "moves_1", "moves_2"])
    ordered = ordered.astype(dict.fromkeys(NUMBERS, "int32"))
    ordered.attrs = {_MADE_BY: simulator}
    content: bytes = ordered.to_parquet(None, index=False, compression="zstd", compression_level=19)
    return content


def made_by(path: Path) -> str:
    """Return the digest of the simulator that a file's battles were fought with."""
    return str(pd.read_parquet(path, columns=["stratum"]).attrs.get(_MADE_BY, "unknown"))


def split_column(frame: pd.DataFrame) -> list[Split]:
    """Return the split of every row."""
    return [split_of(one, two) for one, two in zip(frame["species_1"], frame["species_2"], strict=True)]


@cache
def split_of(species_1: int, species_2: int) -> Split:
    """Return the split of every pairing of two species ids, in either order.

    `unseen` if one of them is held out; else by a hash of the pair: 80 % train, 10 % validation, 10 % test.
    """
    numbers = load_pokedex().species_by_id
    if {numbers[species_1].dex_number, numbers[species_2].dex_number} & held_out_numbers():
        return "unseen"
    low, high = sorted((species_1, species_2))
    percent = _stable_hash(f"split {low} {high}") % 100
    if percent < 80:
        return "train"
    return "validation" if percent < 90 else "test"


@cache
def held_out_numbers() -> frozenset[int]:
    """Return the dex numbers that no training row has: the eight whose hashes are least, all their formes."""
    numbers = {one.dex_number for one in load_pokedex().species} - NEVER_HELD_OUT
    ranked = sorted(numbers, key=lambda number: _stable_hash(f"held out {number}"))
    return frozenset(ranked[:HELD_OUT_NUMBERS])


def _stable_hash(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])
