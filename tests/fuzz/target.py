"""What a thing to be fuzzed looks like."""

from collections.abc import Callable
from dataclasses import dataclass

Check = Callable[[bytes], str]
"""Feeds one input; returns in a word what became of it. Anything that it raises is a find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One parser, with the property that it must keep: `make` makes the check, which costs time and memory
    that only this target needs."""

    name: str
    make: Callable[[], Check]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    """What the parser knows by name; mixed into inputs."""
