"""Battle as an ordinary BentoML service: what `bentoml build`, `bentoml serve` and `bentoml containerize`
take.

In a pod `python -m bentos.core.serve battle` answers the same requests from the same predictor, many times
faster.
"""

from typing import cast

import bentoml

from bentos.battle.api import BattleAnswer, BattleRequest, BattlesAnswer, BattlesRequest, ExplainAnswer
from bentos.battle.definition import DEFINITION
from bentos.battle.explain import explain
from bentos.battle.predictor import BattlePredictor
from bentos.core.bento import SERVICE_OPTIONS, Payload, api, guard_with_gateway, loaded_model


@bentoml.service(name=DEFINITION.name, description=DEFINITION.description, **SERVICE_OPTIONS)
class Battle:
    """Which of two Pokémon wins under Let's Go rules, with probabilities."""

    def __init__(self) -> None:
        self.predictor = cast("BattlePredictor", loaded_model(DEFINITION).predictor)

    @api("/api/v1/predict/battle")
    def predict_battle(self, battle: Payload[BattleRequest], /) -> Payload[BattleAnswer]:
        """Say which of two Pokémon wins."""
        return self.predictor.predict(battle)

    @api("/api/v1/predict/battles")
    def predict_battles(self, battles: Payload[BattlesRequest], /) -> Payload[BattlesAnswer]:
        """Say who wins each of many battles."""
        return self.predictor.predict_many(battles)

    @api("/api/v1/explain/battle")
    def explain_battle(self, battle: Payload[BattleRequest], /) -> Payload[ExplainAnswer]:
        """Say which of two Pokémon wins, and why."""
        return explain(self.predictor, battle)


guard_with_gateway(Battle, DEFINITION)
