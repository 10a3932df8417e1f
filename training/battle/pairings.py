"""Which loadouts meet. They are drawn one by one, so that a larger plan contains the smaller one."""

from collections.abc import Container, Iterator
from itertools import combinations, count
from typing import Literal, get_args

import msgspec
import numpy as np

from bentos.battle.pokedex import MOST_MOVES, Move, Species, load_pokedex, strength
from training.battle.data import Split, split_of

SEED = 20261122
"""Another seed draws other pairings. The battles of a pairing don't depend on it."""

Stratum = Literal["default", "strong", "uniform", "mixed"]
STRATA: tuple[Stratum, ...] = get_args(Stratum)
STRONG_SHARE = 0.45
UNIFORM_SHARE = 0.3
"""Shares of these strata among drawn pairings; the rest is `mixed`. `default` isn't drawn: it is complete."""

BATTLES: dict[Split, int] = {"train": 7, "validation": 7, "test": 15, "unseen": 15}
"""Battles of a pairing: who learns gains more from further pairings than from further battles; who judges,
less."""

LEARNT: frozenset[Split] = frozenset({"train", "validation"})
"""Splits that a slice may have: on the others models are judged, and they stay as they are."""

KEPT_UNSEEN = 0.5
"""Share of the drawn pairings with a held-out species that is kept: all would be one row in ten."""

WITHOUT_POWER = 30.0
STATUS_MOVE = 15.0
"""Weights, in a strong set, of a damaging move without power and of a status move. Good attacks have 70 to
180."""


class Loadout(msgspec.Struct, frozen=True, order=True):
    """A species id and the slugs of its one to four moves, sorted: their order means nothing."""

    species: int
    moves: tuple[str, ...]


Key = tuple[Loadout, Loadout]
"""A pairing in either order: the lesser loadout first."""


class Draw(msgspec.Struct, frozen=True):
    """A pairing that is to be fought."""

    stratum: Stratum
    one: Loadout
    two: Loadout

    @property
    def split(self) -> Split:
        """Who learns from it or judges by it."""
        return split_of(self.one.species, self.two.species)

    @property
    def key(self) -> Key:
        """What makes the pairing the same as another one, in either order."""
        return (min(self.one, self.two), max(self.one, self.two))

    @property
    def battles(self) -> int:
        """How many battles the pairing fights."""
        return BATTLES[self.split]


def draw_pairings(number: int, seed: int = SEED) -> list[Draw]:
    """Return the first `number` different pairings of a seed; no loadout meets itself.

    First come all pairs of different species with their default moves, then drawn pairings: both species
    uniformly and independently, the move sets by stratum:

    * `strong`: four moves each (all, if a species knows fewer), damaging and strong ones more likely;
    * `uniform`: one to four moves each, every number and every move equally likely;
    * `mixed`: default moves on one side, strong or uniform ones on the other.
    """
    chosen: dict[tuple[Loadout, Loadout], Draw] = {}
    candidates = _candidates(seed)
    while len(chosen) < number:
        draw = next(candidates)
        if draw.one != draw.two:
            chosen.setdefault(draw.key, draw)
    return list(chosen.values())


def draw_slice(number: int, size: int, known: Container[Key], seed: int = SEED) -> list[Draw]:
    """Return `size` pairings to learn from that are not `known`: slice `number`, from 1, of a seed.

    Drawn as the drawn ones of `draw_pairings`, from chances of the slice's own; those that models are judged
    on are left out. A larger slice begins with the smaller one.
    """
    chosen: dict[Key, Draw] = {}
    candidates = _endless(seed, 2, number)
    while len(chosen) < size:
        draw = next(candidates)
        if draw.one != draw.two and draw.key not in known and draw.split in LEARNT:
            chosen.setdefault(draw.key, draw)
    return list(chosen.values())


def _candidates(seed: int) -> Iterator[Draw]:
    for one, two in combinations(load_pokedex().species, 2):
        yield _in_any_order(_chance(seed, 0, one.id, two.id), "default", _default(one), _default(two))
    yield from _endless(seed, 1)


def _endless(*seeds: int) -> Iterator[Draw]:
    species = load_pokedex().species
    for index in count():
        chance = _chance(*seeds, index)
        one, two = (species[int(place)] for place in chance.integers(len(species), size=2))
        if split_of(one.id, two.id) != "unseen" or chance.random() < KEPT_UNSEEN:
            yield _drawn(one, two, chance)


def _drawn(one: Species, two: Species, chance: np.random.Generator) -> Draw:
    kind = chance.random()
    if kind < STRONG_SHARE:
        return Draw("strong", _strong(one, chance), _strong(two, chance))
    if kind < STRONG_SHARE + UNIFORM_SHARE:
        return Draw("uniform", _uniform(one, chance), _uniform(two, chance))
    other = _strong(two, chance) if chance.random() < 0.5 else _uniform(two, chance)
    return _in_any_order(chance, "mixed", _default(one), other)


def _chance(*seeds: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seeds))


def _in_any_order(chance: np.random.Generator, stratum: Stratum, one: Loadout, two: Loadout) -> Draw:
    return Draw(stratum, one, two) if chance.random() < 0.5 else Draw(stratum, two, one)


def _default(species: Species) -> Loadout:
    return Loadout(species.id, tuple(sorted(load_pokedex().default_moves(species.id))))


def _uniform(species: Species, chance: np.random.Generator) -> Loadout:
    known = load_pokedex().learnset[species.id]
    size = min(1 + int(chance.integers(MOST_MOVES)), len(known))
    return _loadout(species, chance.random(len(known)), size)


def _strong(species: Species, chance: np.random.Generator) -> Loadout:
    dex = load_pokedex()
    known = dex.learnset[species.id]
    weights = np.array([_weight(dex.moves_by_slug[slug], species) for slug in known])
    # The keys u ** (1 / weight) order a weighted sample without replacement: Efraimidis and Spirakis, 2006,
    # "Weighted random sampling with a reservoir".
    return _loadout(species, chance.random(len(known)) ** (1 / weights), MOST_MOVES)


def _weight(move: Move, species: Species) -> float:
    if not move.damages:
        return STATUS_MOVE
    return strength(move, species) or WITHOUT_POWER


def _loadout(species: Species, keys: np.ndarray[tuple[int], np.dtype[np.float64]], size: int) -> Loadout:
    """Take the moves with the greatest keys, one key per learnable move."""
    known = load_pokedex().learnset[species.id]
    places = np.argsort(-keys, kind="stable")[:size]
    return Loadout(species.id, tuple(sorted(known[int(place)] for place in places)))
