"""Why the model answers as it does: SHAP values of the features, added up by mechanism and put into words.

SHAP values of a tree ensemble add up to its log-odds exactly (Lundberg and others 2020, "From local
explanations to global understanding with explainable AI for trees"); sums over groups of features therefore
do, too.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bentos.battle.api import BattleRequest, Contribution, ExplainAnswer
from bentos.battle.features import FEATURES
from bentos.battle.loadouts import Loadout
from bentos.battle.pokedex import Species
from bentos.battle.predictor import BattlePredictor

Values = dict[str, float]

_PREFIXES = ("first_", "second_")
_STATUS = {"sleep", "paralysis", "burn", "poison", "toxic", "confusion", "flinch", "seed", "trap", "hinder"}
_HEALING = {"heal", "drain", "recoil"}


class Fighter(NamedTuple):
    """A side of the question as it is spoken of, and how its features are prefixed."""

    species: Species
    label: str
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


MECHANISMS = tuple(dict.fromkeys(mechanism_of(name) for name in FEATURES))


def explain(predictor: BattlePredictor, request: BattleRequest) -> ExplainAnswer:
    """Answer one battle with its reasons, largest first. Raises InvalidFields as `predict` does."""
    one, two = predictor.encode(request)
    answer = predictor.predict(request)
    fighters = _fighters(predictor, one, two)
    if one == two:
        words = (
            f"{fighters[0].label} and {fighters[1].label} are the same in every respect: neither is favoured."
        )
        return ExplainAnswer(prediction=answer, summary=words, base_log_odds=0.0, contributions=[])
    row = predictor.features.build(np.array([min((one, two), (two, one))]))
    shap = predictor.booster.contributions(row)[0] * (1.0 if one < two else -1.0)
    values = dict(zip(FEATURES, row[0].tolist(), strict=True))
    contributions = _contributions(shap[:-1].astype(np.float64), values, fighters)
    return ExplainAnswer(
        prediction=answer,
        summary=_summary(answer.winner_name, answer.confidence, contributions),
        base_log_odds=float(shap[-1]),
        contributions=contributions,
    )


def _fighters(predictor: BattlePredictor, one: Loadout, two: Loadout) -> tuple[Fighter, Fighter]:
    species = predictor.index.species_at(one), predictor.index.species_at(two)
    same = species[0].id == species[1].id
    labels = [
        f"{kind.name} ({number})" if same else kind.name for number, kind in enumerate(species, start=1)
    ]
    prefixes = _PREFIXES if one <= two else _PREFIXES[::-1]
    return Fighter(species[0], labels[0], prefixes[0]), Fighter(species[1], labels[1], prefixes[1])


def _contributions(
    shap: np.ndarray[tuple[int, ...], np.dtype[np.float64]], values: Values, fighters: tuple[Fighter, Fighter]
) -> list[Contribution]:
    totals = dict.fromkeys(MECHANISMS, 0.0)
    for feature, value in zip(FEATURES, shap.tolist(), strict=True):
        totals[mechanism_of(feature)] += value
    ordered = sorted(totals.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [
        Contribution(
            mechanism=mechanism,
            log_odds=total,
            favours=fighters[0 if total >= 0 else 1].label,
            explanation=_WORDS[mechanism](values, fighters),
            values={
                name: value for name, value in values.items() if mechanism_of(name) == mechanism and value
            },
        )
        for mechanism, total in ordered
    ]


def _summary(winner: str, confidence: float, contributions: list[Contribution]) -> str:
    strongest = contributions[0]
    return (
        f"{winner} wins {confidence:.0%} of such battles. "
        f"What counts most is the {strongest.mechanism}, in favour of {strongest.favours}: "
        f"{strongest.explanation}"
    )


def _race_words(values: Values, fighters: tuple[Fighter, Fighter]) -> str:
    def sentence(user: Fighter, target: Fighter) -> str:
        share, turns = values[f"{user.prefix}damage_1"], values[f"{user.prefix}turns"]
        if share == 0:
            return f"{user.label} has no attack that hurts {target.label}."
        return (
            f"{user.label}'s best attack takes {share:.0%} of {target.label}'s hit points a turn, "
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
    one, two = (
        f"{fighter.label} has {fighter.species.hp} hit points, attack {fighter.species.attack}, "
        f"defense {fighter.species.defense}, special attack {fighter.species.special_attack}, "
        f"special defense {fighter.species.special_defense}"
        for fighter in fighters
    )
    return f"{one}; {two}."


def _effect_words(mechanism: str) -> Callable[[Values, tuple[Fighter, Fighter]], str]:
    def words(values: Values, fighters: tuple[Fighter, Fighter]) -> str:
        sentences = []
        for fighter in fighters:
            prefix = f"{fighter.prefix}any_"
            names = [
                name.removeprefix(prefix).replace("_", " ")
                for name, value in values.items()
                if name.startswith(prefix) and value and mechanism_of(name) == mechanism
            ]
            sentences.append(f"{fighter.label}: {', '.join(names) if names else 'none'}")
        return "; ".join(sentences) + "."

    return words


_WORDS: dict[str, Callable[[Values, tuple[Fighter, Fighter]], str]] = {
    "knock-out race": _race_words,
    "speed": _speed_words,
    "stats": _stats_words,
} | {
    name: _effect_words(name)
    for name in ("status conditions", "healing and recoil", "stat changes", "special moves")
}
