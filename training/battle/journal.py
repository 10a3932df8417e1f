"""Battles fought so far: results are kept as they come, so that a long run can be ended and started again."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from training.battle.simulator import Pairing, Result, program_digest, simulate
from training.core.settings import read_settings


class Entry(msgspec.Struct, frozen=True):
    """A pairing, as text, with its result."""

    pairing: str
    result: Result


class Journal:
    """A file of entries, one JSON line each. Not for two processes at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results = {entry.pairing: entry.result for entry in _read(path)}

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries and wait until they have reached the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(msgspec.json.Encoder().encode_lines(entries))
            file.flush()
            os.fsync(file.fileno())
        self.results.update((entry.pairing, entry.result) for entry in entries)


def open_journal() -> Journal:
    """Open the journal of the present simulator; another version of it has another journal."""
    return Journal(read_settings().home / "battles" / f"{program_digest()[:16]}.jsonl")


def fight(
    pairings: Sequence[Pairing], processes: int, journal: Journal, progress: Callable[[int], None]
) -> list[Result]:
    """Return the results of all pairings in their order, simulating those that the journal doesn't have.

    `progress` is told how many more results are there, at once for those of the journal.

    Raises:
        SimulatorUnavailable: the simulator can't be installed or run.
    """
    missing = [pairing for pairing in pairings if _text(pairing) not in journal.results]
    progress(len(pairings) - len(missing))
    texts = (_text(pairing) for pairing in missing)
    for results in simulate(missing, processes):
        journal.append([Entry(text, result) for result, text in zip(results, texts, strict=False)])
        progress(len(results))
    return [journal.results[_text(pairing)] for pairing in pairings]


def _text(pairing: Pairing) -> str:
    sides = ((pairing.species_1, pairing.moves_1), (pairing.species_2, pairing.moves_2))
    loadouts = "|".join(f"{species}:{','.join(moves)}" for species, moves in sides)
    return f"{loadouts}#{pairing.first}+{pairing.count}"


def _read(path: Path) -> list[Entry]:
    if not path.exists():
        return []
    content = path.read_bytes()
    # A run that is killed while it writes leaves half a line behind; it is cut off.
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    return msgspec.json.Decoder(Entry).decode_lines(whole)
