"""The analyst as an ordinary BentoML service: what `bentoml build`, `bentoml serve` and `bentoml
containerize` take.

All its routes are GET, which the gateway answers itself, in front of BentoML as in a pod.
"""

import bentoml

from bentos.analyst.definition import DEFINITION
from bentos.core.bento import SERVICE_OPTIONS, guard_with_gateway, loaded_model


@bentoml.service(name=DEFINITION.name, description=DEFINITION.description, **SERVICE_OPTIONS)
class Analyst:
    """Prices explained in two sentences that are true."""

    def __init__(self) -> None:
        self.predictor = loaded_model(DEFINITION).predictor


guard_with_gateway(Analyst, DEFINITION)
