"""What moves do besides damage, as numbers between 0 and 1 (stages: in stages), for every move against every
defender.

Chances include the move's accuracy and are 0 where the target is immune: by type against the move itself, or
by type against the status (https://bulbapedia.bulbagarden.net/wiki/Status_condition, generation 7).
"""

import numpy as np
from numpy.typing import NDArray

from bentos.battle.loadouts import LoadoutIndex
from bentos.battle.pokedex import STAGES, Move, Pokedex

Types = tuple[str, ...]
Immunities = frozenset[str]

EFFECTS = (
    "sleep",
    "paralysis",
    "burn",
    "poison",
    "toxic",
    "confusion",
    "flinch",
    "seed",
    "trap",
    "hinder",
    "raise_attack",
    "raise_special_attack",
    "raise_bulk",
    "raise_speed",
    "raise_evasion",
    "lower_attack",
    "lower_bulk",
    "lower_speed",
    "lower_accuracy",
    "heal",
    "drain",
    "recoil",
    "shield",
    "counter",
    "priority",
    "first_turn",
    "dream",
    "transform",
    "charge",
    "recharge",
    "evade",
)
"""Column names of the effect table, in order."""

_IMMUNE = {
    "burn": {"Fire"},
    "freeze": {"Ice"},
    "paralysis": {"Electric"},
    "poison": {"Poison", "Steel"},
    "toxic": {"Poison", "Steel"},
    "leech-seed": {"Grass"},
}
_POWDERS = {"sleep-powder", "stun-spore", "poison-powder", "spore"}
_HINDERING = {"disable", "encore", "taunt"}
_SHIELDS = {"protect", "substitute"}
_EVADING = {"dig", "fly"}
_SCREENS = {"reflect", "light-screen"}


def effect_table(index: LoadoutIndex) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the distinct rows float32[D, E], and int64[M + 1, S]: the row of each move against each
    defender.

    The last move is the empty place, whose row is all 0. Against defenders of equal types a move does the
    same, and against those that it reaches and that have the same immunities.
    """
    kinds = list(dict.fromkeys(one.types for one in index.species))
    kind_of = np.array([kinds.index(one.types) for one in index.species], dtype=np.int64)
    immunities = [_immunities(types) for types in kinds]
    rows: dict[tuple[float, ...], int] = {(0.0,) * len(EFFECTS): 0}
    numbers = np.zeros((len(index.pokedex.moves) + 1, len(kinds)), dtype=np.int64)
    for number, move in enumerate(index.pokedex.moves):
        row_of: dict[Immunities | None, int] = {}
        for column, types in enumerate(kinds):
            immune = immunities[column] if _reaches(index.pokedex, move, types) else None
            if immune not in row_of:
                row_of[immune] = rows.setdefault(_row(move, immune), len(rows))
            numbers[number, column] = row_of[immune]
    return np.array(list(rows), dtype=np.float32), numbers[:, kind_of]


def _row(move: Move, immune: Immunities | None) -> tuple[float, ...]:
    """Return the effects of a move against defenders that are immune to these statuses; None: against those
    that it does not reach."""
    effects = _on_user(move) if immune is None else _on_user(move) | _on_target(move, immune)
    return tuple(effects.get(name, 0.0) for name in EFFECTS)


def _on_user(move: Move) -> dict[str, float]:
    raises = dict(zip(STAGES, move.self_stages, strict=True))
    return {
        "raise_attack": raises["attack"],
        "raise_special_attack": raises["special_attack"],
        "raise_bulk": raises["defense"] + raises["special_defense"],
        "raise_speed": raises["speed"],
        "raise_evasion": raises["evasion"],
        "heal": move.heal_fraction,
        "drain": move.drain_fraction,
        "recoil": move.recoil_fraction + move.crash_fraction * (1 - move.accuracy / 100),
        "shield": float(move.volatile in _SHIELDS) + 0.5 * float(move.side_condition in _SCREENS),
        "transform": float(move.effect == "transform"),
        "charge": float(move.charge),
        "recharge": float(move.recharge),
        "evade": float(move.slug in _EVADING),
    }


def _on_target(move: Move, immune: Immunities) -> dict[str, float]:
    accuracy = move.accuracy / 100
    lowers = dict(zip(STAGES, move.target_stages, strict=True))
    lowering = accuracy * move.target_stages_chance / 100
    return {
        **_statuses(move, immune, accuracy * move.status_chance / 100),
        **_conditions(move, immune, accuracy * move.volatile_chance / 100),
        "flinch": accuracy * move.flinch_chance / 100,
        "lower_attack": -(lowers["attack"] + lowers["special_attack"]) * lowering,
        "lower_bulk": -(lowers["defense"] + lowers["special_defense"]) * lowering,
        "lower_speed": -lowers["speed"] * lowering,
        "lower_accuracy": -lowers["accuracy"] * lowering,
        "priority": float(move.priority) if move.damages else 0.0,
        "first_turn": float(move.condition == "first_turn"),
        "dream": float(move.condition == "target_asleep"),
        "counter": _counter(move),
    }


def _counter(move: Move) -> float:
    """1 for an answer to physical attacks, 2 to special ones, 0.5 to any, later."""
    answers = {"twice_physical_taken": 1.0, "twice_special_taken": 2.0, "twice_taken": 0.5}
    return answers.get(move.fixed_damage, 0.0)


def _reaches(pokedex: Pokedex, move: Move, types: Types) -> bool:
    """Whether the move has any effect on the target: status moves ignore types, but for Thunder Wave and
    powders."""
    if move.slug in _POWDERS and "Grass" in types:
        return False
    if move.damages or move.slug == "thunder-wave":
        return pokedex.effectiveness(move.type, types) > 0
    return True


def _statuses(move: Move, immune: Immunities, chance: float) -> dict[str, float]:
    if move.status == "burn_freeze_paralysis":
        thirds = {"burn": chance / 3, "paralysis": chance / 3, "sleep": chance / 3}
        return {name: value for name, value in thirds.items() if name not in immune}
    if not move.status or move.status in immune:
        return {}
    return {"sleep" if move.status == "freeze" else move.status: chance}


def _conditions(move: Move, immune: Immunities, chance: float) -> dict[str, float]:
    if move.volatile == "leech-seed":
        return {} if "leech-seed" in immune else {"seed": chance}
    if move.volatile == "yawn":
        return {"sleep": 0.8 * chance}
    names = {"confusion": "confusion", "partial-trap": "trap"} | dict.fromkeys(_HINDERING, "hinder")
    return {names[move.volatile]: chance} if move.volatile in names else {}


def _immunities(types: Types) -> Immunities:
    return frozenset(status for status, immune in _IMMUNE.items() if immune & set(types))
