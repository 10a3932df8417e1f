"""Why the model answers as it does: SHAP values of the features, added up by mechanism and put into words.

SHAP values of a tree ensemble add up to its log-odds exactly (Lundberg and others 2020, "From local
explanations to global understanding with explainable AI for trees"); sums over groups of features therefore
do, too.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from bentos.battle.api import BattleRequest, Contribution, ExplainAnswer
from bentos.battle.features import FEATURES, SIDES
from bentos.battle.loadouts import Loadout
from bentos.battle.pokedex import Species
from bentos.battle.predictor import BattlePredictor

Values = dict[str, float]

_STATUS = {"sleep", "paralysis", "burn", "poison", "toxic", "confusion", "flinch", "seed", "trap", "hinder"}
_HEALING = {"heal", "drain", "recoil"}


class Fighter(NamedTuple):
    """A side of the question as it is spoken of, its best attack, and how its features are prefixed."""

    species: Species
    label: str
    best_move: str
    prefix: str


def mechanism_of(feature: str) -> str:
    """Return the mechanism that a feature belongs to."""
    name = feature.removeprefix("first_").removeprefix("second_")
    if name in ("speed", "speed_ratio"):
        return "speed"
    if name.startswith(("damage", "turns", "standing", "wins_race")):
        return "knock-out race"
    effect = name.removeprefix("best_").removeprefix("any_")
    if effect == name:
        return "stats"
    if effect in _STATUS:
        return "status conditions"
    if effect in _HEALING:
        return "healing and recoil"
    return "stat changes" if effect.startswith(("raise", "lower")) else "special moves"


_MECHANISM = {name: mechanism_of(name) for name in FEATURES}


def explain(predictor: BattlePredictor, request: BattleRequest) -> ExplainAnswer:
    """Answer one battle with its reasons, largest first. Raises InvalidFields as `predict` does."""
    one, two = predictor.encode(request)
    answer = predictor.predict(request)
    row = np.array([sorted((one, two))], dtype=np.int64)
    fighters = _fighters(predictor, one, two, predictor.features.damages(row)[0].argmax(axis=1).tolist())
    if one == two:
        words = (
            f"{fighters[0].label} and {fighters[1].label} are the same in every respect: neither is favoured."
        )
        return ExplainAnswer(prediction=answer, summary=words, base_log_odds=0.0, contributions=[])
    features = predictor.features.build(row)
    shap = predictor.booster.contributions(features)[0] * (1.0 if one < two else -1.0)
    contributions = _contributions(
        shap[:-1].tolist(), dict(zip(FEATURES, features[0].tolist(), strict=True)), fighters
    )
    return ExplainAnswer(
        prediction=answer,
        summary=_summary(answer.winner_name, answer.confidence, contributions),
        base_log_odds=float(shap[-1]),
        contributions=contributions,
    )


def _fighters(
    predictor: BattlePredictor, one: Loadout, two: Loadout, best: Sequence[int]
) -> tuple[Fighter, Fighter]:
    index = predictor.index
    same = index.species_at(one).id == index.species_at(two).id

    def fighter(loadout: Loadout, number: int, side: int) -> Fighter:
        species = index.species_at(loadout)
        label = f"{species.name} ({number})" if same else species.name
        return Fighter(species, label, index.moves_at(loadout)[best[side]].name, f"{SIDES[side]}_")

    swapped = int(one > two)
    return fighter(one, 1, swapped), fighter(two, 2, 1 - swapped)


def _contributions(
    shap: Sequence[float], values: Values, fighters: tuple[Fighter, Fighter]
) -> list[Contribution]:
    totals = dict.fromkeys(_MECHANISM.values(), 0.0)
    for feature, value in zip(FEATURES, shap, strict=True):
        totals[_MECHANISM[feature]] += value
    ordered = sorted(totals.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [
        Contribution(
            mechanism=mechanism,
            log_odds=total,
            favours=fighters[0 if total >= 0 else 1].label,
            explanation=_WORDS[mechanism](values, fighters),
            values={
                _spoken(name, fighters): value
                for name, value in values.items()
                if value and _MECHANISM[name] == mechanism
            },
        )
        for mechanism, total in ordered
    ]


def _spoken(feature: str, fighters: tuple[Fighter, Fighter]) -> str:
    """Say `pokemon_1_` or `pokemon_2_` where features say which side is faster."""
    number = 1 if feature.startswith(fighters[0].prefix) else 2
    return f"pokemon_{number}_{feature.removeprefix(fighters[number - 1].prefix)}"


def _summary(winner: str, confidence: float, contributions: list[Contribution]) -> str:
    strongest = contributions[0]
    return (
        f"{winner} wins {_percent(confidence)} of such battles. What counts most is the "
        f"{strongest.mechanism}, in favour of {strongest.favours}: {strongest.explanation}"
    )


def _percent(share: float) -> str:
    """Round to whole percent, but never say that what is not certain is."""
    return "more than 99%" if share > 0.99 else f"{share:.0%}"


def _race_words(values: Values, fighters: tuple[Fighter, Fighter]) -> str:
    def sentence(user: Fighter, target: Fighter) -> str:
        share, turns = values[f"{user.prefix}damage_1"], values[f"{user.prefix}turns"]
        if share == 0:
            return f"{user.label} has no attack that it can count on against {target.label}."
        return (
            f"{user.best_move} of {user.label} takes {share:.0%} of the hit points of {target.label} a turn, "
            f"a knock-out in about {turns:.1f} turns."
        )

    return f"{sentence(*fighters)} {sentence(*fighters[::-1])}"


def _speed_words(values: Values, fighters: tuple[Fighter, Fighter]) -> str:
    one, two = (fighter.species.speed for fighter in fighters)
    if one == two:
        return f"Both have speed {one}; who moves first is chance."
    fast, slow = fighters if one > two else fighters[::-1]
    return f"{fast.label} moves first (speed {fast.species.speed} to {slow.species.speed})."


def _stats_words(values: Values, fighters: tuple[Fighter, Fighter]) -> str:
    def words(label: str, species: Species) -> str:
        return (
            f"{label} has {species.hp} hit points, attack {species.attack}, defense {species.defense}, "
            f"special attack {species.special_attack}, special defense {species.special_defense}"
        )

    return "; ".join(words(fighter.label, fighter.species) for fighter in fighters) + "."


def _effect_words(mechanism: str) -> Callable[[Values, tuple[Fighter, Fighter]], str]:
    def words(values: Values, fighters: tuple[Fighter, Fighter]) -> str:
        listed = [_listed(values, one, mechanism) for one in fighters]
        if not any(listed):
            return "No move on either side does any of this, which sets this battle apart from the usual one."
        return (
            "; ".join(f"{one.label}: {names or 'none'}" for one, names in zip(fighters, listed, strict=True))
            + "."
        )

    return words


def _listed(values: Values, fighter: Fighter, mechanism: str) -> str:
    names = [
        _effect_name(name.removeprefix(fighter.prefix), value)
        for name, value in values.items()
        if value and name.startswith(fighter.prefix) and _MECHANISM[name] == mechanism
    ]
    return ", ".join(dict.fromkeys(names))


def _effect_name(feature: str, value: float) -> str:
    words = feature.removeprefix("best_").removeprefix("any_").replace("_", " ")
    return words if value > 0 else words.replace("raise", "lose")


_WORDS: dict[str, Callable[[Values, tuple[Fighter, Fighter]], str]] = {
    "knock-out race": _race_words,
    "speed": _speed_words,
    "stats": _stats_words,
} | {
    name: _effect_words(name)
    for name in ("status conditions", "healing and recoil", "stat changes", "special moves")
}
