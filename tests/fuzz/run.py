"""Feeds one target its inputs, and keeps the books: outcomes, finds, the slowest input."""

import os
import resource
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from msgspec import Struct, field

from tests.fuzz.mutation import Dice, mutate
from tests.fuzz.target import Target

MOST_KEPT = 500
"""Inputs that others are made of."""
SELDOM = 30
"""An outcome that came up no more often than this makes its input worth keeping."""
OF_SEEDS = 0.6
"""Share of the inputs that are made of a seed, if nothing tells which others lead further."""
SLOW_CPU_SECONDS = 2.0
"""An input that takes longer is a find: a caller could hold up the process with it."""
MOST_GROWTH_MEGABYTES = 512
"""A target that makes the process grow by more is a find as well."""
MOST_SHOWN_BYTES = 2_000


class Find(Struct, kw_only=True):
    """One way in which a target broke its promise: what was raised where, how often, and the shortest
    input."""

    what: str
    times: int
    input_hex: str


class Report(Struct, kw_only=True):
    """What came of one target."""

    target: str
    seed: int
    inputs: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    finds: list[Find] = field(default_factory=list)
    slowest_cpu_seconds: float = 0.0
    growth_megabytes: int = 0


class Books:
    """The books of one target."""

    def __init__(self, target: Target, seed: int) -> None:
        self.inputs = 0
        self._target = target
        self._seed = seed
        self._check = target.make()
        self._outcomes: Counter[str] = Counter()
        self._finds: dict[str, Find] = {}
        self._slowest = 0.0
        for one in target.seeds:
            self._check(one)
        self._megabytes = _peak_megabytes()

    def feed(self, data: bytes) -> bool:
        """Check one input; return whether what became of it is seldom."""
        self.inputs += 1
        begun = time.thread_time()
        try:
            outcome = self._check(data)
        except Exception as error:
            self._note(_describe(error), data)
            outcome = "find"
        seconds = time.thread_time() - begun
        if seconds > SLOW_CPU_SECONDS:
            self._note("it takes too long", data)
        self._slowest = max(self._slowest, seconds)
        self._outcomes[outcome] += 1
        return self._outcomes[outcome] <= SELDOM

    def report(self) -> Report:
        """Return the books so far."""
        growth = _peak_megabytes() - self._megabytes
        if growth > MOST_GROWTH_MEGABYTES:
            self._note(f"the process grew by {growth} MB", b"")
        return Report(
            target=self._target.name,
            seed=self._seed,
            inputs=self.inputs,
            outcomes=dict(self._outcomes.most_common()),
            finds=list(self._finds.values()),
            slowest_cpu_seconds=round(self._slowest, 4),
            growth_megabytes=growth,
        )

    def _note(self, what: str, data: bytes) -> None:
        shown = data[:MOST_SHOWN_BYTES].hex()
        known = self._finds.setdefault(what, Find(what=what, times=0, input_hex=shown))
        known.times += 1
        if len(shown) < len(known.input_hex):
            known.input_hex = shown


def run_blindly(target: Target, inputs: int, seed: int) -> Report:
    """Return what comes of inputs made by `mutate` alone; the same seed makes the same ones."""
    random = Dice(seed)
    books = Books(target, seed)
    kept = list(target.seeds)
    while books.inputs < inputs:
        # What comes of changes upon changes is soon refused at first sight.
        old = random.choice(target.seeds if random.random() < OF_SEEDS else kept)
        data = mutate(random, old, kept, target.words)
        if books.feed(data):
            kept.append(data)
            if len(kept) > MOST_KEPT:
                del kept[random.randrange(len(target.seeds), len(kept))]
    return books.report()


def _describe(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}: {str(error)[:200]}"


def _peak_megabytes() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 2**20


def end(code: int) -> None:
    """End the process at once: libFuzzer knows no other way back."""
    sys.stdout.flush()
    os._exit(code)
