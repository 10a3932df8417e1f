"""`python -m loadtests.benchmarks.bare MODEL ROWS_FILE`: what the Booster alone does, without a server.

It is what batches are compared with: ready-made float32 features in memory, one thread, the server's core.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bentos.core.scorers import FloatArray
from loadtests.benchmarks.cores import on_core
from loadtests.benchmarks.errors import ReportUnreadable
from loadtests.benchmarks.synthetic.model import load_booster

ROOT = Path(__file__).parents[2]


def bare_rows_per_second(
    ubj: bytes, rows: FloatArray, sizes: Sequence[int], seconds: float, core: int
) -> dict[int, float]:
    """Return rows a second by size of batch, measured by a process of its own on that core. `rows` is
    float32[n, columns] with at least as many rows as the largest size. Raises ReportUnreadable."""
    with TemporaryDirectory() as folder:
        model, table = Path(folder, "model.ubj"), Path(folder, "rows.npy")
        model.write_bytes(ubj)
        np.save(table, rows)
        arguments = (str(model), str(table), str(seconds), *map(str, sizes))
        command = on_core(core, [sys.executable, "-m", "loadtests.benchmarks.bare", *arguments])
        ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    if ended.returncode:
        raise ReportUnreadable("the bare Booster", ended.stderr)
    return {int(size): rate for size, rate in json.loads(ended.stdout).items()}


def rate_of(work: Callable[[], object], rows: int, seconds: float) -> float:
    """Return how many rows a second `work` does, which does so many at a time."""
    work()
    began = time.perf_counter()
    rounds = 0
    while (taken := time.perf_counter() - began) < seconds:
        work()
        rounds += 1
    return rounds * rows / taken


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit code."""
    model, table, seconds, *sizes = arguments
    booster, rows = load_booster(Path(model).read_bytes()), np.load(table)
    rates = {
        size: rate_of(partial(booster.inplace_predict, rows[: int(size)]), int(size), float(seconds))
        for size in sizes
    }
    sys.stdout.write(json.dumps(rates) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
