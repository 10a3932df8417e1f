"""The same, led by atheris (libFuzzer): inputs that reach new code are kept and changed further.

It is no dependency of the project: `make fuzz` adds it for the run.
"""

import tempfile
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fuzz.catalogue import find_target
from tests.fuzz.mutation import LONGEST_BYTES, Dice, mutate
from tests.fuzz.run import Books, Report

INSTRUMENTED = ["bentos", "feedparser"]
"""Packages whose branches are watched; what is compiled can't be."""
OWN_SHARE = 0.5
"""So many of the inputs are changed by our own rules, which know JSON, the others by libFuzzer's."""
OF_OTHERS = 0.5
"""Of these, so many are made of what led to new code, the others of seeds."""


def is_possible() -> bool:
    """Return whether atheris is installed."""
    return find_spec("atheris") is not None


def run_guided(name: str, inputs: int, seed: int, finish: Callable[[Report], None]) -> None:
    """Feed the target, then call `finish`, which ends the process: libFuzzer never returns."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=INSTRUMENTED, enable_loader_override=False):
        target = find_target(name)
        books = Books(target, seed)

    def feed(data: bytes) -> None:
        books.feed(data)
        if books.inputs >= inputs:
            finish(books.report())

    def change(data: bytes, most_bytes: int, number: int) -> bytes:
        random = Dice(number)
        if random.random() < OWN_SHARE:
            old = data if data and random.random() < OF_OTHERS else random.choice(target.seeds)
            changed = mutate(random, old, target.seeds, target.words)
        else:
            changed = atheris.Mutate(data, most_bytes)
        return bytes(changed[:most_bytes])

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, one in enumerate(target.seeds):
            (corpus / str(number)).write_bytes(one)
        flags = [
            f"-seed={seed}",
            f"-max_len={LONGEST_BYTES}",
            "-mutate_depth=2",
            "-timeout=120",
            "-rss_limit_mb=4096",
        ]
        arguments = ["fuzz", *flags, "-verbosity=0", f"-artifact_prefix={folder}/", str(corpus)]
        atheris.Setup(arguments, feed, custom_mutator=change)
        atheris.Fuzz()
