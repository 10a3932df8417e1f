"""Species, moves, learnsets and type multipliers of the Let's Go games, read once from the tables.

The tables are exported from the battle simulator (`tables/SOURCE.md` says which), so that what is served and
what was simulated follow the same numbers. Nothing here is computed but the default move sets.
"""

import csv
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

TABLES = Path(__file__).parent / "tables"
LEVEL = 50
"""Every Pokémon fights at this level, with best individual values and a friendship of 70."""
MOST_MOVES = 4
"""A Pokémon knows one to four moves."""

SAME_TYPE_BONUS = 1.5
"""Damage multiplier of a move that has one of its user's types."""

STAGES = ("attack", "defense", "special_attack", "special_defense", "speed", "accuracy", "evasion")
"""The order of `Move.self_stages` and `Move.target_stages`."""

Category = Literal["physical", "special", "status"]


class Species(msgspec.Struct, frozen=True):
    """A Pokémon species. Stats without prefix are those of level 50; `base_` ones are the species' own."""

    id: int
    """National dex number; 10000 more for an Alolan forme."""
    name: str
    slug: str
    dex_number: int
    forme: Literal["", "Alola"]
    types: tuple[str, ...]
    """One or two of `Pokedex.types`."""
    base_hp: int
    base_attack: int
    base_defense: int
    base_special_attack: int
    base_special_defense: int
    base_speed: int
    hp: int
    attack: int
    defense: int
    special_attack: int
    special_defense: int
    speed: int
    weight_kg: float


class Move(msgspec.Struct, frozen=True):
    """A learnable move. Chances are percentages; fractions are of hit points (drain, recoil: of damage)."""

    slug: str
    name: str
    type: str
    category: Category
    power: int
    """0 for status moves, fixed damage, one-hit knock-outs and `target_weight`."""
    power_rule: Literal["", "target_weight", "double_when_statused", "target_attack"]
    fixed_damage: str
    """"": none; "20", "40": hit points; "level", "random_level" (half to one and a half times the level),
    "half_current_hp", and the answers "twice_taken", "twice_physical_taken", "twice_special_taken"."""
    accuracy: int
    """Percent; 100 for a move that never misses."""
    never_misses: bool
    pp: int
    """Uses without bonus; in battle 8/5 of it."""
    priority: int
    min_hits: int
    max_hits: int
    critical_stage: int
    one_hit_knockout: bool
    drain_fraction: float
    recoil_fraction: float
    crash_fraction: float
    heal_fraction: float
    self_destruct: bool
    charge: bool
    """Takes a turn of preparation."""
    recharge: bool
    """Costs the turn after."""
    locks_in: bool
    """Goes on for two or three turns, then confuses its user."""
    condition: Literal["", "first_turn", "target_asleep", "target_attacks"]
    status: Literal["", "burn", "freeze", "paralysis", "poison", "sleep", "toxic", "burn_freeze_paralysis"]
    """`burn_freeze_paralysis`: one of the three, equally likely."""
    status_chance: int
    volatile: str
    """A passing condition: of the target (confusion, partial-trap, leech-seed, disable, encore, taunt, yawn)
    or of the user (bide, defense-curl, focus-energy, minimize, protect, substitute)."""
    volatile_chance: int
    flinch_chance: int
    self_stages: tuple[int, int, int, int, int, int, int]
    target_stages: tuple[int, int, int, int, int, int, int]
    target_stages_chance: int
    side_condition: str
    effect: str
    """What the other fields can't say: break_screens, conversion, metronome, mimic, mirror_move,
    reset_stages, reset_target_stages, rest, transform, or nothing (no effect when one fights one)."""

    @property
    def damages(self) -> bool:
        """Whether the move is meant to hurt."""
        return self.category != "status"

    @property
    def awkward(self) -> bool:
        """Whether the move costs a turn or the user, or works only under a condition that may not come."""
        costs = self.charge or self.recharge or self.self_destruct
        conditional = self.condition in ("first_turn", "target_asleep")
        answers = self.fixed_damage.startswith("twice")
        return costs or conditional or answers or self.one_hit_knockout

    @property
    def mean_hits(self) -> float:
        """Expected hits: 2-5 hits come with 35, 35, 15 and 15 %, hence 3; other counts are fixed."""
        return 3.0 if self.max_hits > self.min_hits else float(self.min_hits)


class Pokedex:
    """The reference tables with their look-ups. Treat it as read-only: one instance is shared."""

    def __init__(
        self,
        species: tuple[Species, ...],
        moves: tuple[Move, ...],
        learnset: dict[int, tuple[str, ...]],
        types: tuple[str, ...],
        type_multiplier: npt.NDArray[np.float32],
    ) -> None:
        """Index the tables and choose every species' default moves."""
        self.species = species
        """Sorted by id."""
        self.moves = moves
        """Sorted by slug."""
        self.learnset = learnset
        """Species id -> slugs of the moves it can know, pre-evolutions' included, sorted."""
        self.types = types
        """The 18 types in alphabetical order: the axes of `type_multiplier`."""
        self.type_multiplier = type_multiplier
        """float32[18, 18]: damage multiplier by (attacking type, defending type)."""
        self.species_by_id = {one.id: one for one in species}
        self.moves_by_slug = {move.slug: move for move in moves}
        self.type_index = {name: index for index, name in enumerate(types)}
        self._defaults = {one.id: self._choose_moves(one) for one in species}

    def default_moves(self, species_id: int) -> tuple[str, ...]:
        """Return the one to four moves that a species has when nobody names its moves.

        The rule: rank the damaging moves that it can learn by power x mean hits x accuracy x 1.5 if the move
        has one of its types x the share of the attacking stat (attack or special attack, over the larger of
        the two); equal ranks go by slug. Take in turn, until there are four:

        1. the best move of each type, leaving out awkward moves (charge, recharge, self-destruct, one-hit
           knock-out, first turn or sleeping target only, answers to damage taken);
        2. the next best moves, still without awkward ones;
        3. awkward moves, best first;
        4. status moves by slug.

        Raises:
            KeyError: no such species.
        """
        return self._defaults[species_id]

    def effectiveness(self, attack_type: str, defending_types: tuple[str, ...]) -> float:
        """Return the damage multiplier (0 to 4) of an attacking type against one or two types."""
        row = self.type_multiplier[self.type_index[attack_type]]
        return float(math.prod(row[self.type_index[name]] for name in defending_types))

    def _choose_moves(self, species: Species) -> tuple[str, ...]:
        known = [self.moves_by_slug[slug] for slug in sorted(self.learnset[species.id])]
        ranked = sorted(
            (move for move in known if move.damages), key=lambda move: (-strength(move, species), move.slug)
        )
        plain = [move for move in ranked if not move.awkward]
        best_of_type = {move.type: move for move in reversed(plain)}
        order = [
            *(move for move in plain if best_of_type[move.type] is move),
            *(move for move in plain if best_of_type[move.type] is not move),
            *(move for move in ranked if move.awkward),
            *(move for move in known if not move.damages),
        ]
        return tuple(move.slug for move in order[:MOST_MOVES])


def strength(move: Move, species: Species) -> float:
    """Return what a damaging move is worth to its user as long as nothing is known of the target.

    Power x mean hits x accuracy x same-type bonus x share of the attacking stat; 0 for moves without power.
    """
    attack = species.attack if move.category == "physical" else species.special_attack
    share = attack / max(species.attack, species.special_attack)
    bonus = SAME_TYPE_BONUS if move.type in species.types else 1.0
    return move.power * move.mean_hits * move.accuracy / 100 * bonus * share


def _rows(name: str) -> Iterator[dict[str, object]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _species(row: dict[str, object]) -> Species:
    types = tuple(name for name in (row["type_1"], row["type_2"]) if name)
    return msgspec.convert(row | {"types": types}, Species, strict=False)


def _move(row: dict[str, object]) -> Move:
    stages = {f"{who}_stages": [row[f"{who}_{stage}"] for stage in STAGES] for who in ("self", "target")}
    return msgspec.convert(row | stages, Move, strict=False)


def _learnset() -> dict[int, tuple[str, ...]]:
    pairs = [(int(str(row["species"])), str(row["move"])) for row in _rows("learnsets")]
    learnset: dict[int, list[str]] = {}
    for species_id, slug in pairs:
        learnset.setdefault(species_id, []).append(slug)
    return {species_id: tuple(sorted(slugs)) for species_id, slugs in learnset.items()}


@lru_cache(maxsize=1)
def load_pokedex() -> Pokedex:
    """Return the one Pokedex of this process, reading the tables at the first call (about 20 ms)."""
    type_rows = list(_rows("types"))
    types = tuple(str(row["attack"]) for row in type_rows)
    multiplier = np.array([[float(str(row[name])) for name in types] for row in type_rows], dtype=np.float32)
    multiplier.setflags(write=False)
    return Pokedex(
        species=tuple(sorted((_species(row) for row in _rows("species")), key=lambda one: one.id)),
        moves=tuple(sorted((_move(row) for row in _rows("moves")), key=lambda move: move.slug)),
        learnset=_learnset(),
        types=types,
        type_multiplier=multiplier,
    )
