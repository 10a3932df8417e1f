"""What a battle model must get right whatever its scores: symmetry, invariance, direction, and plain
cases."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bentos.battle.api import BattleRequest
from bentos.battle.predictor import BattlePredictor
from training.core.pipeline import Check

SAMPLE = 300
SEED = 7
WEAKENING_TOLERANCE = 0.02
"""A weaker move set may look better by this much without counting: neighbouring leaves differ that much."""
LEAST_DIRECTED = 0.95


def check_behaviour(files: Mapping[str, bytes]) -> Sequence[Check]:
    """Return every behaviour check of the model in these package files."""
    predictor = BattlePredictor(files, "candidate")
    requests = _sample(predictor)
    return (
        _exact("swapping the sides", requests, lambda request: _gap_of_swap(predictor, request)),
        _exact("reordering the moves", requests, lambda request: _gap_of_reordering(predictor, request)),
        _exact("a mirror match is even", requests, lambda request: _gap_of_mirror(predictor, request)),
        _direction(predictor),
        *(_known(predictor, *case) for case in KNOWN_CASES),
    )


KNOWN_CASES: tuple[tuple[str, BattleRequest, float], ...] = (
    ("Mewtwo beats Magikarp", BattleRequest(150, 129), 0.97),
    (
        "Gengar is immune to Normal and Fighting",
        BattleRequest(94, 57, None, ["facade", "brick-break"]),
        0.9,
    ),
    ("Rhydon is immune to Electric", BattleRequest(112, 25, None, ["thunderbolt", "thunder"]), 0.9),
    ("Charizard burns Venusaur", BattleRequest(6, 3), 0.7),
)
"""Name, battle, and the least probability that the first one wins."""


def _sample(predictor: BattlePredictor) -> list[BattleRequest]:
    generator = np.random.default_rng(SEED)
    pokedex = predictor.index.pokedex
    ids = [one.id for one in pokedex.species]

    def moves(species_id: int) -> list[str]:
        known = pokedex.learnset[species_id]
        return [str(slug) for slug in generator.choice(known, min(len(known), 4), replace=False)]

    drawn = [(int(one), int(two)) for one, two in generator.choice(ids, (SAMPLE, 2))]
    return [BattleRequest(one, two, moves(one), moves(two)) for one, two in drawn]


def _win(predictor: BattlePredictor, request: BattleRequest) -> float:
    return predictor.predict(request).pokemon_1_win_probability


def _gap_of_swap(predictor: BattlePredictor, request: BattleRequest) -> float:
    swapped = BattleRequest(
        request.pokemon_2_id, request.pokemon_1_id, request.pokemon_2_moves, request.pokemon_1_moves
    )
    return abs(_win(predictor, request) + _win(predictor, swapped) - 1.0)


def _gap_of_reordering(predictor: BattlePredictor, request: BattleRequest) -> float:
    moves = request.pokemon_1_moves or []
    reordered = BattleRequest(
        request.pokemon_1_id, request.pokemon_2_id, list(reversed(moves)), request.pokemon_2_moves
    )
    return abs(_win(predictor, request) - _win(predictor, reordered))


def _gap_of_mirror(predictor: BattlePredictor, request: BattleRequest) -> float:
    mirror = BattleRequest(
        request.pokemon_1_id, request.pokemon_1_id, request.pokemon_1_moves, request.pokemon_1_moves
    )
    return abs(_win(predictor, mirror) - 0.5)


def _exact(name: str, requests: list[BattleRequest], gap: Callable[[BattleRequest], float]) -> Check:
    worst = max(gap(request) for request in requests)
    return Check(
        name=f"invariance: {name}",
        passed=worst == 0.0,
        value=worst,
        limit=0.0,
        detail=f"the largest deviation in {len(requests)} battles is {worst:g}",
    )


def _direction(predictor: BattlePredictor) -> Check:
    """Whoever gives up its default moves for its weakest one should not become likelier to win."""
    generator = np.random.default_rng(SEED)
    ids = [one.id for one in predictor.index.pokedex.species]
    held = [_held(predictor, int(one), int(two)) for one, two in generator.choice(ids, (SAMPLE, 2))]
    share = sum(held) / len(held)
    return Check(
        name="direction: a weaker move set does not help",
        passed=share >= LEAST_DIRECTED,
        value=share,
        limit=LEAST_DIRECTED,
        detail=f"holds in {share:.1%} of {len(held)} battles",
    )


def _held(predictor: BattlePredictor, one: int, two: int) -> bool:
    pokedex = predictor.index.pokedex
    attacks = [pokedex.moves_by_slug[slug] for slug in pokedex.default_moves(one)]
    weakest = min(attacks, key=lambda move: (move.power * move.mean_hits, move.slug))
    default = _win(predictor, BattleRequest(one, two))
    weaker = _win(predictor, BattleRequest(one, two, [weakest.slug], None))
    return weaker <= default + WEAKENING_TOLERANCE


def _known(predictor: BattlePredictor, name: str, request: BattleRequest, least: float) -> Check:
    found = _win(predictor, request)
    return Check(
        name=f"known case: {name}",
        passed=found >= least,
        value=found,
        limit=least,
        detail=f"probability {found:.3f}, at least {least} is needed",
    )
