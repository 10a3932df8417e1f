"""Make, enlarge and verify the labelled battles: `python -m training.battle.battles`.

A run can be ended at any time and started again: what has been fought is kept in the home (`EKIBEN_HOME`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Annotated, cast

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bentos.core.errors import EkibenError
from training.battle.data import load_battles, made_by, write_battles
from training.battle.files import BATTLES, CEILING
from training.battle.journal import fight, open_journal
from training.battle.pairings import Draw, Loadout, Stratum, draw_pairings
from training.battle.simulator import Pairing, Result, program_digest, simulate
from training.core.errors import DataError
from training.core.processors import available_processors

PAIRINGS = 330_000
CEILING_PAIRINGS = 2_000
CEILING_BATTLES = 200
CEILING_FIRST = 1_000
"""Number of the ceiling's first battle: none of them is among those of `battles.parquet`."""

PROCESSES = available_processors()

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(stderr=True)
Processes = Annotated[int, typer.Option(min=1, help="Node processes that fight at once.")]
Folder = Annotated[Path, typer.Option(help="Where battles.parquet and ceiling.parquet lie.")]


class OtherSimulator(DataError):
    """A file was made by another version of the simulator, so its rows don't mix with new ones."""

    def __init__(self, path: Path, made_by: str, present: str) -> None:
        super().__init__(
            f"{path} was made by simulator {made_by[:16]}, this is {present[:16]}: generate it anew."
        )


class NotReproduced(DataError):
    """Written rows and the simulator disagree."""

    def __init__(self, path: Path, different: int, rows: int) -> None:
        super().__init__(f"{different} of {rows} rows of {path} came out differently.")


@app.command()
def generate(
    pairings: Annotated[int, typer.Option(min=1)] = PAIRINGS,
    ceiling: Annotated[int, typer.Option(min=1)] = CEILING_PAIRINGS,
    processes: Processes = PROCESSES,
    folder: Folder = BATTLES.parent,
) -> None:
    """Draw all pairings, fight them, and write both files."""
    frame = _fought(draw_pairings(pairings), processes)
    write_battles(frame, folder / BATTLES.name, program_digest())
    tests = to_draws(load_battles(folder / BATTLES.name).query("split == 'test'"))
    chosen = sorted(tests, key=_hash)[:ceiling]
    frame = _fought(chosen, processes, CEILING_FIRST, CEILING_BATTLES)
    write_battles(frame, folder / CEILING.name, program_digest())


@app.command()
def extend(
    pairings: Annotated[int, typer.Option(min=1, help="Number of pairings drawn in all.")],
    processes: Processes = PROCESSES,
    folder: Folder = BATTLES.parent,
) -> None:
    """Fight the pairings that battles.parquet doesn't have yet; the ceiling stays as it is."""
    path = folder / BATTLES.name
    if made_by(path) != program_digest():
        raise OtherSimulator(path, made_by(path), program_digest())
    known = load_battles(path)
    keys = {draw.key for draw in to_draws(known)}
    new = _fought([draw for draw in draw_pairings(pairings) if draw.key not in keys], processes)
    write_battles(pd.concat([known[new.columns], new]), path, program_digest())


@app.command()
def verify(
    rows: Annotated[int, typer.Option(min=1, help="How many rows of each file.")] = 500,
    processes: Processes = PROCESSES,
    folder: Folder = BATTLES.parent,
) -> None:
    """Fight some rows again and compare: every battle must end as it is written."""
    for path, first, count in (
        (folder / BATTLES.name, 0, None),
        (folder / CEILING.name, CEILING_FIRST, CEILING_BATTLES),
    ):
        frame = load_battles(path)
        sample = frame.sample(min(rows, len(frame)), random_state=0)
        different = count_differences(sample, processes, first, count)
        if different:
            raise NotReproduced(path, different, len(sample))
        console.print(f"{path.name}: {len(sample)} rows came out the same")


def count_differences(frame: pd.DataFrame, processes: int, first: int = 0, count: int | None = None) -> int:
    """Fight the rows of `frame` again and return how many come out otherwise than it says.

    `first` and `count` are the numbers of the battles; without count, as many as the row's split has.
    """
    results = [
        one for batch in simulate(to_pairings(to_draws(frame), first, count), processes) for one in batch
    ]
    again = [(result.battles, result.wins_1) for result in results]
    written = zip(frame["battles"], frame["wins_1"], strict=True)
    return sum(one != two for one, two in zip(again, written, strict=True))


def _fought(draws: Sequence[Draw], processes: int, first: int = 0, count: int | None = None) -> pd.DataFrame:
    """Return the rows of all draws that had a decided battle, simulating what the journal doesn't have."""
    pairings = to_pairings(draws, first, count)
    with _progress(len(pairings)) as advance:
        results = fight(pairings, processes, open_journal(), advance)
    _summarise(results)
    return to_frame(draws, results)


def to_frame(draws: Sequence[Draw], results: Sequence[Result]) -> pd.DataFrame:
    """Return one row for each draw that had a decided battle; columns as `load_battles`, but no split."""
    frame = pd.DataFrame(
        {
            "species_1": [draw.one.species for draw in draws],
            "moves_1": [draw.one.moves for draw in draws],
            "species_2": [draw.two.species for draw in draws],
            "moves_2": [draw.two.moves for draw in draws],
            "battles": [result.battles for result in results],
            "wins_1": [result.wins_1 for result in results],
            "stratum": [draw.stratum for draw in draws],
        }
    )
    return frame[frame["battles"] > 0]


def to_pairings(draws: Sequence[Draw], first: int = 0, count: int | None = None) -> list[Pairing]:
    """Return what is to be fought; without `count` as many battles as each draw's split has."""
    return [
        Pairing(
            index=index,
            species_1=draw.one.species,
            moves_1=draw.one.moves,
            species_2=draw.two.species,
            moves_2=draw.two.moves,
            first=first,
            count=count or draw.battles,
        )
        for index, draw in enumerate(draws)
    ]


def to_draws(frame: pd.DataFrame) -> list[Draw]:
    """Return the pairings of a frame as `load_battles` gives it."""
    sides_1 = zip(frame["species_1"], frame["moves_1"], strict=True)
    sides_2 = zip(frame["species_2"], frame["moves_2"], strict=True)
    return [
        Draw(cast("Stratum", stratum), Loadout(*one), Loadout(*two))
        for stratum, one, two in zip(frame["stratum"], sides_1, sides_2, strict=True)
    ]


def _hash(draw: Draw) -> bytes:
    """Order pairings as if by chance, yet the same way in every run."""
    return sha256(repr(draw.key).encode()).digest()


def _summarise(results: Sequence[Result]) -> None:
    battles = sum(result.battles for result in results)
    ties = sum(result.ties for result in results)
    turns = sum(result.turns for result in results) / max(1, battles + ties)
    console.print(f"{len(results)} pairings, {battles} battles decided, {ties} not, {turns:.2f} turns each")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("pairings", total=total)
        yield lambda done: progress.advance(task, done)


def main() -> int:
    """Run the command line; return its exit code."""
    try:
        app()
    except EkibenError as error:
        console.print(str(error), style="red")
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
