"""All rounds of a comparison, and what is asked of them."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from loadtests.benchmarks.closed_loop import Closed
from loadtests.benchmarks.measures import Round
from loadtests.benchmarks.spread import Spread, spread

MIDDLE_CONNECTIONS = 16


class Comparison(Struct, kw_only=True):
    """Rounds by server, in the order of the tables; rows a second of the bare Boosters by server that has the
    same model; why servers could not be measured. `ours` names those that are Ekiben."""

    ours: tuple[str, ...]
    rounds: dict[str, list[Round]]
    bare: dict[str, list[dict[int, float]]]
    failures: dict[str, str]
    machine: str
    quick: bool = False

    def over(self, name: str, read: Callable[[Round], float]) -> Spread | None:
        """Return the spread of one number over a server's rounds, None if it has none."""
        rounds = self.rounds.get(name)
        return spread(read(one) for one in rounds) if rounds else None

    def rate(self, name: str, connections: int = MIDDLE_CONNECTIONS) -> Spread | None:
        """Return the answers a second of a server over so many connections."""
        return self.over(name, lambda one: at(one, connections).per_second)

    def batch(self, name: str, form: str, rows: int) -> Spread | None:
        """Return the rows a second of a server in batches of this form and size, None if not measured."""
        rates = [
            batch.rows_per_second
            for one in self.rounds.get(name, [])
            for batch in one.batches
            if (batch.form, batch.rows) == (form, rows)
        ]
        return spread(rates) if rates else None

    def bare_rate(self, model: str, rows: int) -> Spread | None:
        """Return the rows a second of a bare Booster, None if not measured."""
        rates = [one[rows] for one in self.bare.get(model, []) if rows in one]
        return spread(rates) if rates else None

    def sizes(self) -> list[int]:
        """Return all sizes of batches that were measured, ascending."""
        batches = [batch.rows for rounds in self.rounds.values() for one in rounds for batch in one.batches]
        return sorted({*batches, *(size for found in self.bare.values() for one in found for size in one)})

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)))


def at(one: Round, connections: int) -> Closed:
    """Return what the closed loop measured over so many connections. Raises StopIteration if it did not."""
    return next(closed for closed in one.closed if closed.connections == connections)


def wrong_answers(rounds: list[Round]) -> int:
    """Return how many answers of all rounds were errors."""
    closed = sum(closed.wrong for one in rounds for closed in one.closed)
    batches = sum(batch.wrong for one in rounds for batch in one.batches)
    opened = sum(sum(found.others.values()) for one in rounds for found in one.open.values())
    return closed + batches + opened
