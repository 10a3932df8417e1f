"""The ways in which a server is asked: how requests are drawn, and what their answers must be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from loadtests.benchmarks.bodies import JSON, Bodies
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.servers import Answer, Launch, Question, Server

TOLERANCE = 1e-5
"""Allowed difference between an answer and what the Booster says."""


@dataclass(frozen=True)
class Sample:
    """One request, and what computes the probabilities that it must be answered with."""

    content: bytes
    expected: Callable[[], Sequence[float]]
    json_bytes: int = 0


@dataclass(frozen=True)
class Form:
    """One way to ask. `draw` makes a request of so many rows from a seed; `read` finds the probabilities in
    an answer, and is None for a server that computes nothing."""

    name: str
    path: str
    draw: Callable[[int, int], Sample]
    read: Callable[[Answer], Sequence[float]] | None
    content_type: str = JSON

    def question(self, sample: Sample) -> Question:
        """Return the request as it is sent once."""
        return Question(self.path, sample.content, self.content_type, sample.json_bytes)

    def bodies(self, count: int, rows: int, seed: int = 1000) -> Bodies:
        """Return so many bodies of so many rows."""
        drawn = [self.draw(rows, seed + number) for number in range(count)]
        return Bodies([one.content for one in drawn], rows, self.content_type, drawn[0].json_bytes)


@dataclass(frozen=True)
class Contender:
    """One server: how it is started, how it is asked for one row, and how for many. `ours` marks Ekiben."""

    launch: Launch
    single: Form
    batches: tuple[Form, ...] = ()
    ours: bool = False

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return self.launch.name


def check_answers(server: Server, form: Form, rows: int, count: int) -> None:
    """Ask `count` requests of `rows` rows. Raises ServerUnusable unless each is answered with 200 and what
    the Booster says, to 1e-5."""
    for seed in range(count):
        sample = form.draw(rows, seed)
        answer = server.ask(form.question(sample))
        if answer.status != 200:
            raise ServerUnusable(server.name, f"{answer.status} {answer.content[:300]!r}")
        if form.read is not None:
            require_agreement(server.name, form.read(answer), sample.expected())


def require_agreement(name: str, found: Sequence[float], expected: Sequence[float]) -> None:
    """Raise ServerUnusable unless both are the same to 1e-5."""
    if len(found) != len(expected):
        raise ServerUnusable(name, f"it gave {len(found)} answers to {len(expected)} rows")
    worst = float(np.max(np.abs(np.asarray(found) - np.asarray(expected))))
    if not worst <= TOLERANCE:
        raise ServerUnusable(name, f"its answers are {worst:.2g} away from the Booster's")
