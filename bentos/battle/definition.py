"""What core serves for battle: its routes, its contract, and how its predictor is loaded."""

from collections.abc import Iterator, Sequence

from bentos.battle.api import (
    EXAMPLE_BATTLE,
    BattleAnswer,
    BattleRequest,
    BattlesAnswer,
    BattlesRequest,
    CountersAnswer,
    ExplainAnswer,
    MoveList,
    PokemonDetail,
    PokemonList,
)
from bentos.battle.catalogue import Limit, describe_pokemon, find_counters, list_moves, list_pokemon
from bentos.battle.contract import load_contract
from bentos.battle.explain import explain
from bentos.battle.predictor import BattlePredictor, load_predictor
from bentos.battle.tensors import INLINE_BATTLES, tensors
from bentos.core.routing import Route, ServiceDefinition

BATCH_BODY_BYTES = 4 * 1024 * 1024
"""10,000 battles with four named moves a side take about 2.5 MB."""


def routes(predictor: BattlePredictor) -> Sequence[Route]:
    """Return the HTTP interface of a loaded battle model."""
    return (
        Route(
            method="POST",
            path="/api/v1/predict/battle",
            handler=predictor.predict,
            together=predictor.predict_together,
            body=BattleRequest,
            answer=BattleAnswer,
            summary="Which of two Pokémon wins",
            description="Let's Go rules, level 50. Without moves, a Pokémon uses its default ones.",
            outcomes=_one_outcome,
            example=EXAMPLE_BATTLE,
        ),
        Route(
            method="POST",
            path="/api/v1/predict/battles",
            handler=predictor.predict_many,
            body=BattlesRequest,
            answer=BattlesAnswer,
            summary="Many battles at once",
            description="Up to 10,000. If any row is bad, none is answered; bad ones are named by index.",
            body_limit_bytes=BATCH_BODY_BYTES,
            offload=lambda request: len(request.battles) > INLINE_BATTLES,
            outcomes=_many_outcomes,
            example={"battles": [EXAMPLE_BATTLE, {"pokemon_1_id": 150, "pokemon_2_id": 10026}]},
        ),
        Route(
            method="POST",
            path="/api/v1/explain/battle",
            handler=lambda request: explain(predictor, request),
            body=BattleRequest,
            answer=ExplainAnswer,
            summary="Which of two Pokémon wins, and why",
            description="Contributions in log-odds by mechanism; above 0 they favour Pokémon 1.",
            offload=True,
            outcomes=lambda answer: _one_outcome(answer.prediction),
            example=EXAMPLE_BATTLE,
        ),
        *_catalogue(predictor),
    )


def _catalogue(predictor: BattlePredictor) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/api/v1/pokemon",
            handler=lambda: list_pokemon(predictor),
            answer=PokemonList,
            summary="Every Pokémon",
        ),
        Route(
            method="GET",
            path="/api/v1/moves",
            handler=lambda: list_moves(predictor),
            answer=MoveList,
            summary="Every move, with its number in tensors",
        ),
        Route(
            method="GET",
            path="/api/v1/pokemon/{id}",
            handler=lambda id: describe_pokemon(predictor, id),
            answer=PokemonDetail,
            summary="One Pokémon: stats, moves, default moves",
            path_parameters={"id": int},
            example={"id": 25},
        ),
        Route(
            method="GET",
            path="/api/v1/pokemon/{id}/counters",
            handler=lambda id, limit=10: find_counters(predictor, id, limit),
            answer=CountersAnswer,
            summary="Who beats this Pokémon most often",
            path_parameters={"id": int},
            query_parameters={"limit": Limit},
            offload=True,
            example={"id": 25},
        ),
    )


def _one_outcome(answer: BattleAnswer) -> Iterator[tuple[str, float]]:
    yield f"pokemon_{answer.winner}", answer.confidence


def _many_outcomes(answer: BattlesAnswer) -> Iterator[tuple[str, float]]:
    for one in answer.predictions:
        yield from _one_outcome(one)


DEFINITION = ServiceDefinition(
    name="battle",
    title="Ekiben battle",
    description="Which of two Pokémon wins under Let's Go rules, with probabilities.",
    contract=load_contract(),
    load=load_predictor,
    routes=routes,
    bento="bentos.battle.service:Battle",
    tensors=tensors,
)
