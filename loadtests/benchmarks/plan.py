"""How long and how often everything is measured."""

from msgspec import Struct


class Plan(Struct, frozen=True, kw_only=True):
    """Times in seconds. `connections` are those of the closed loop, `shares` those of its best rate at which
    the open loop asks, `sizes` the rows of batches."""

    rounds: int = 3
    warm_seconds: int = 2
    closed_seconds: int = 4
    open_seconds: int = 4
    batch_seconds: int = 2
    fairness_seconds: int = 10
    connections: tuple[int, ...] = (1, 16, 64)
    shares: tuple[float, ...] = (0.25, 0.5, 0.8)
    sizes: tuple[int, ...] = (1, 10, 100, 1_000, 10_000)
    singles: int = 5_000
    """Different requests of one row, drawn beforehand."""


FULL = Plan()
QUICK = Plan(
    rounds=1,
    warm_seconds=1,
    closed_seconds=1,
    open_seconds=1,
    batch_seconds=1,
    fairness_seconds=2,
    sizes=(1, 100, 10_000),
    singles=500,
)
"""To see that everything works; its numbers say little."""

PEERS_BATCH_ROWS = 1_000
MOST_BATCH_BODIES = 200
ROWS_OF_BATCH_BODIES = 30_000
"""Rows in all bodies of one size together: a few large ones, or many small ones."""
OPEN_CONNECTIONS = 256
FAIRNESS_RATE = 500.0
FAIRNESS_CONNECTIONS = 64
FAIRNESS_ROWS = 10_000
FAIRNESS_CLIENTS = 2


def bodies_of_size(rows: int) -> int:
    """Return how many different bodies of so many rows are drawn."""
    return max(2, min(MOST_BATCH_BODIES, ROWS_OF_BATCH_BODIES // rows))
