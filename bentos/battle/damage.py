"""How hard and how soon: every learnable move against every defender, reduced to ranks in one small table.

For each of the 4,665 (species, move) pairs and 171 defenders the share of the defender's hit points that one
use takes is computed by the games' damage formula (generation 7:
https://bulbapedia.bulbagarden.net/wiki/Damage, level 50). A share, an accuracy, a spread and a pace (charge
or recharge turns) decide how the fight goes on, whoever throws the punch; so shares are binned, and all
distinct combinations form the *profiles*, sorted by expected damage per turn. `ranks` says which profile each
pair has against each defender. Because profiles are sorted, the best of several moves is the one with the
greatest rank. Moves that can't be counted on turn after turn (first turn or sleeping target only,
self-destruction, answers to damage taken) have no rank of their own; the effect table names them.
"""

from math import comb, erf

import numpy as np
from numpy.typing import NDArray

from bentos.battle.loadouts import LoadoutIndex
from bentos.battle.pokedex import LEVEL, SAME_TYPE_BONUS, Move

HORIZON_TURNS = 12
"""Knock-out times are resolved up to this turn; nearly all battles are decided by then."""

CRITICAL_CHANCE = (1 / 24, 1 / 8, 1 / 2, 1.0)
CRITICAL_BONUS = 1.5
ROLL_MEAN = 0.925
ROLL_SPREAD = 0.0498
"""Standard deviation of the sixteen equally likely damage rolls 0.85 … 1.00, over their mean."""
BIN_STEP = 1.015
"""Ratio of neighbouring damage shares: 1.5 %, well inside the spread of one hit."""
LEAST_SHARE = 0.005
BINS = 500

Array = NDArray[np.float64]


class DamageTables:
    """`ranks` int32[P + 1, S]: the profile of each pair against each defender (0: no damage).

    Of each profile: `value` float32[R], expected share of the defender's hit points a turn; `turns`
    float32[R], expected turns to knock out; `knock_out` float32[R, T], probability that the knock-out comes
    exactly in turn t; `standing` float32[R, T], probability that the defender still stands when turn t
    begins.
    """

    def __init__(self, index: LoadoutIndex) -> None:
        kinds, kind_of_move = _kinds(index.pokedex.moves)
        value, knock_out = _profiles(kinds)
        order = np.argsort(value, kind="stable")
        rank_of = np.empty(len(order), dtype=np.int32)
        rank_of[order] = np.arange(1, len(order) + 1, dtype=np.int32)
        self.value = np.concatenate([[0.0], value[order]]).astype(np.float32)
        self.knock_out = np.vstack([np.zeros(HORIZON_TURNS), knock_out[order]]).astype(np.float32)
        fallen = np.cumsum(self.knock_out, axis=1, dtype=np.float64)
        self.standing = np.clip(1 - fallen + self.knock_out, 0, 1).astype(np.float32)
        self.turns = _expected_turns(self.standing, 1 - fallen[:, -1], self.value)
        shares = damage_shares(index)
        codes = kind_of_move[index.move_of[:-1]][:, None] * BINS + _bins(shares)
        ranks = np.where(shares > 0, rank_of[codes], 0).astype(np.int32)
        self.ranks = np.vstack([ranks, np.zeros((1, ranks.shape[1]), dtype=np.int32)])


def damage_shares(index: LoadoutIndex) -> Array:
    """Return float64[P, S]: mean damage of one landing use of each pair, over each defender's hit points."""
    hit_points = np.array([one.hp for one in index.species], dtype=np.float64)
    rows = [
        _damage_row(index, int(species), index.pokedex.moves[int(move)])
        for species, move in zip(index.species_of[:-1], index.move_of[:-1], strict=True)
    ]
    return np.array(rows) / hit_points


def _damage_row(index: LoadoutIndex, attacker: int, move: Move) -> Array:
    defenders = index.defenders
    effectiveness = defenders.effectiveness[index.pokedex.type_index[move.type]]
    if move.one_hit_knockout:
        return np.asarray(defenders.hit_points * (effectiveness > 0))
    if move.fixed_damage:
        return np.asarray(_fixed_damage(move, defenders.hit_points) * (effectiveness > 0))
    if not move.damages or move.self_destruct or move.condition in ("first_turn", "target_asleep"):
        return np.zeros(len(effectiveness))
    user = index.species[attacker]
    physical = move.category == "physical"
    attack = (
        defenders.attack
        if move.power_rule == "target_attack"
        else (user.attack if physical else user.special_attack)
    )
    defense = defenders.defense if physical else defenders.special_defense
    power = defenders.low_kick_power if move.power_rule == "target_weight" else move.power
    base = np.floor(np.floor((2 * LEVEL // 5 + 2) * power * attack / defense) / 50) + 2
    bonus = SAME_TYPE_BONUS if move.type in user.types else 1.0
    critical = 1 + (CRITICAL_BONUS - 1) * _critical_chance(move)
    return np.asarray(base * ROLL_MEAN * critical * bonus * move.mean_hits * effectiveness)


def _fixed_damage(move: Move, hit_points: Array) -> Array:
    amounts = {"level": LEVEL, "random_level": LEVEL, "20": 20, "40": 40}
    if move.fixed_damage == "half_current_hp":
        return hit_points / 2
    return np.full_like(hit_points, amounts.get(move.fixed_damage, 0))


def _critical_chance(move: Move) -> float:
    return CRITICAL_CHANCE[min(move.critical_stage, 3)]


def _spread(move: Move) -> float:
    """Standard deviation of a landing use's damage over its mean: rolls, critical hits, number of hits."""
    chance = _critical_chance(move)
    mean = 1 + (CRITICAL_BONUS - 1) * chance
    square = 1 + (CRITICAL_BONUS**2 - 1) * chance
    one_hit = (1 + ROLL_SPREAD**2) * square / mean**2 - 1
    hits_variance = 1.1 if move.max_hits > move.min_hits else 0.0
    return float(np.sqrt(one_hit / move.mean_hits + hits_variance / move.mean_hits**2))


def _kinds(moves: tuple[Move, ...]) -> tuple[list[tuple[float, float, str]], NDArray[np.int64]]:
    """Return the distinct (accuracy, spread, pace) and each move's position among them."""
    of_move = [(move.accuracy / 100, round(_spread(move), 3), _pace(move)) for move in moves]
    kinds = sorted(set(of_move))
    return kinds, np.array([kinds.index(kind) for kind in of_move], dtype=np.int64)


def _pace(move: Move) -> str:
    if move.charge:
        return "charge"
    return "recharge" if move.recharge else "steady"


def _bins(shares: Array) -> NDArray[np.int64]:
    with np.errstate(divide="ignore"):
        position = np.log(shares / LEAST_SHARE) / np.log(BIN_STEP)
    bins: NDArray[np.int64] = np.clip(np.nan_to_num(np.round(position), neginf=0), 0, BINS - 1).astype(
        np.int64
    )
    return bins


def _profiles(kinds: list[tuple[float, float, str]]) -> tuple[Array, Array]:
    """Return value float64[K * B] and knock_out float64[K * B, T] of every kind in every bin."""
    shares: Array = LEAST_SHARE * BIN_STEP ** np.arange(BINS, dtype=np.float64)
    turns = np.arange(HORIZON_TURNS + 1)
    uses = {"steady": turns, "charge": turns // 2, "recharge": (turns + 1) // 2}
    values, knock_outs = [], []
    for accuracy, spread, pace in kinds:
        fallen = _fallen(shares, accuracy, spread, int(uses[pace][-1]))[uses[pace]]
        values.append(np.minimum(shares, 1) * accuracy * _pace_factor(shares, pace))
        knock_outs.append(np.diff(fallen, axis=0).T)
    return np.concatenate(values), np.clip(np.concatenate(knock_outs), 0, 1)


def _pace_factor(shares: Array, pace: str) -> Array:
    """A charge turn halves the damage a turn; a recharge turn does, unless the knock-out makes it
    needless."""
    if pace == "charge":
        return np.full_like(shares, 0.5)
    return np.where((pace == "recharge") & (shares < 1), 0.5, 1.0)


def _fallen(shares: Array, accuracy: float, spread: float, most_uses: int) -> Array:
    """Return float64[most_uses + 1, B]: probability that so many uses, each landing or not, took all hit
    points.

    The number of landing uses is binomial; the sum of their damage is taken as normal.
    """
    enough = [
        _normal_cdf((landed * shares - 1) / (spread * shares * np.sqrt(landed)))
        for landed in range(1, most_uses + 1)
    ]
    fallen = np.zeros((most_uses + 1, len(shares)))
    for uses in range(1, most_uses + 1):
        for landed in range(1, uses + 1):
            weight = comb(uses, landed) * accuracy**landed * (1 - accuracy) ** (uses - landed)
            fallen[uses] += weight * enough[landed - 1]
    return fallen


_erf = np.frompyfunc(erf, 1, 1)


def _normal_cdf(z: Array) -> Array:
    return np.asarray(0.5 * (1 + _erf(z / np.sqrt(2)).astype(np.float64)))


def _expected_turns(
    standing: NDArray[np.float32], left: Array, value: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Sum of standing probabilities, and for what is left after the horizon the pace of the expected
    damage."""
    tail = left / np.maximum(value, 0.01)
    turns: NDArray[np.float32] = np.minimum(standing.sum(axis=1) + tail, 60.0).astype(np.float32)
    return turns
