"""What the service knows about Pokémon, and who beats whom."""

from typing import Annotated

import numpy as np
from msgspec import Meta

from bentos.battle.api import (
    Counter,
    CountersAnswer,
    MoveList,
    MoveSummary,
    PokemonDetail,
    PokemonList,
    PokemonSummary,
)
from bentos.battle.features import STATISTICS
from bentos.battle.pokedex import Species
from bentos.battle.predictor import BattlePredictor
from bentos.core.errors import UnknownResource

Limit = Annotated[int, Meta(ge=1, le=170, description="How many opponents to name.")]


def list_pokemon(predictor: BattlePredictor) -> PokemonList:
    """Return every Pokémon by id."""
    return PokemonList(
        pokemon=[
            PokemonSummary(id=one.id, name=one.name, types=one.types)
            for one in predictor.index.pokedex.species
        ]
    )


def list_moves(predictor: BattlePredictor) -> MoveList:
    """Return every move by the number that `bentos.battle.loadout_arrays` knows it under."""
    return MoveList(
        moves=[
            MoveSummary(
                number=number,
                slug=move.slug,
                name=move.name,
                type=move.type,
                category=move.category,
                power=move.power,
                accuracy=move.accuracy,
            )
            for number, move in enumerate(predictor.index.pokedex.moves, start=1)
        ]
    )


def describe_pokemon(predictor: BattlePredictor, species_id: int) -> PokemonDetail:
    """Return one Pokémon. Raises UnknownResource if there is none with this id."""
    one = _find(predictor, species_id)
    pokedex = predictor.index.pokedex
    return PokemonDetail(
        id=one.id,
        name=one.name,
        types=one.types,
        statistics={name: getattr(one, name) for name in STATISTICS},
        default_moves=pokedex.default_moves(one.id),
        learnable_moves=pokedex.learnset[one.id],
    )


def find_counters(predictor: BattlePredictor, species_id: int, limit: int) -> CountersAnswer:
    """Return the opponents that win most often against a Pokémon, default moves on both sides.

    Only those that win more often than not. Raises UnknownResource if there is no Pokémon with this id.
    """
    asked = _find(predictor, species_id)
    others = [one for one in predictor.index.pokedex.species if one.id != asked.id]
    target = predictor.index.encode(asked.id)
    probabilities = predictor.win_probabilities([(predictor.index.encode(one.id), target) for one in others])
    best = [int(row) for row in np.argsort(-probabilities, kind="stable")[:limit] if probabilities[row] > 0.5]
    return CountersAnswer(
        id=asked.id,
        name=asked.name,
        counters=[
            Counter(id=others[row].id, name=others[row].name, win_probability=float(probabilities[row]))
            for row in best
        ],
        model_version=predictor.version,
    )


def _find(predictor: BattlePredictor, species_id: int) -> Species:
    try:
        return predictor.index.pokedex.species_by_id[species_id]
    except KeyError:
        raise UnknownResource(
            f"There is no Pokémon with the id {species_id}; GET /api/v1/pokemon lists them."
        ) from None
