"""Battles that were simulated since the base was made: slices, each a parquet file that never changes.

The base lies in the code. Slice 1, 2, … are drawn from one seed and their own number, and leave out what
base and earlier slices have, so no pairing comes twice and each can be made again. They hold pairings to
learn from only: the frozen ones, on which models are judged, stay as they are. Another base has other slices.
"""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import msgspec
import pandas as pd

from bentos.core.storage import Storage
from training.battle.battles import OtherSimulator, to_draws, to_frame, to_pairings
from training.battle.data import encode_battles, load_battles, made_by
from training.battle.files import BATTLES, data_hash
from training.battle.journal import Journal, fight
from training.battle.pairings import draw_slice
from training.battle.simulator import program_digest
from training.core.errors import DataError
from training.core.processors import available_processors
from training.core.settings import read_settings

_NAME = re.compile(r"slice-(\d{4})-(\d+)\.parquet")


class SlicesUnavailable(DataError):
    """Slices can't be read or written."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"The simulated battles at {address} can't be used: {reason}")


class Slice(msgspec.Struct, frozen=True, order=True):
    """Slice number `number`, from 1, with so many pairings."""

    number: int
    pairings: int

    @property
    def name(self) -> str:
        """The file's name."""
        return f"slice-{self.number:04}-{self.pairings}.parquet"


class Slices:
    """The slices beside one base, in a folder or bucket. Every method raises SlicesUnavailable."""

    def __init__(self, address: str) -> None:
        self._storage = Storage(address)

    def list_all(self) -> list[Slice]:
        """Return the slices in their order."""
        with self._translated():
            names = self._storage.names()
        matches = [found for name in names if (found := _NAME.fullmatch(name))]
        return sorted(Slice(*(int(part) for part in found.groups())) for found in matches)

    def read(self, one: Slice) -> bytes:
        """Return the content of a slice's file."""
        with self._translated():
            return self._storage.read(one.name)

    def write(self, one: Slice, content: bytes) -> None:
        """Write a slice as a whole."""
        with self._translated():
            self._storage.write(one.name, content)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SlicesUnavailable(self._storage.address, str(error)) from error


def open_slices() -> Slices:
    """Return the slices beside the committed base, where the settings say."""
    return Slices(f"{read_settings().data}/battle/{data_hash()[:16]}")


def whole_data_hash() -> str:
    """Return the SHA-256, as hex, of base and slices; without slices that of the base."""
    slices = open_slices()
    present = slices.list_all()
    if not present:
        return data_hash()
    digest = sha256(data_hash().encode())
    for one in present:
        digest.update(sha256(slices.read(one)).digest())
    return digest.hexdigest()


def load_slices() -> list[pd.DataFrame]:
    """Return the pairings of each slice, as `load_battles` does. Raises SlicesUnavailable."""
    slices = open_slices()
    return [load_battles(io.BytesIO(slices.read(one))) for one in slices.list_all()]


def add_slice(pairings: int, progress: Callable[[str], None]) -> Slice:
    """Fight the pairings of the next slice, and keep it.

    What has been fought is kept in the home meanwhile, so that an interrupted run goes on where it was.
    Raises OtherSimulator, SimulatorUnavailable or SlicesUnavailable.
    """
    if made_by(BATTLES) != program_digest():
        raise OtherSimulator(BATTLES, made_by(BATTLES), program_digest())
    slices = open_slices()
    new = Slice(max([0, *(one.number for one in slices.list_all())]) + 1, pairings)
    progress(f"drawing {pairings} pairings of slice {new.number}")
    known = {draw.key for frame in (load_battles(), *load_slices()) for draw in to_draws(frame)}
    draws = draw_slice(new.number, pairings, known)
    journal = Journal(read_settings().home / "battles" / f"{new.number:04}-{program_digest()[:16]}.jsonl")
    count = _Count(len(draws), progress)
    results = fight(to_pairings(draws), available_processors(), journal, count.add)
    slices.write(new, encode_battles(to_frame(draws, results), program_digest()))
    journal.path.unlink(missing_ok=True)
    return new


class _Count:
    def __init__(self, total: int, progress: Callable[[str], None]) -> None:
        self._total = total
        self._done = 0
        self._progress = progress

    def add(self, count: int) -> None:
        self._done += count
        if count:
            self._progress(f"fought {self._done} of {self._total} pairings")
