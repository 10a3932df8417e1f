"""The tiny model as an ordinary BentoML service."""

from typing import cast

import bentoml

from bentos.core.bento import SERVICE_OPTIONS, Payload, api, guard_with_gateway, loaded_model
from tests.support.tiny.api import Answer, Answers, Leaf, Leaves, Nap
from tests.support.tiny.definition import DEFINITION, TinyPredictor


@bentoml.service(name="tiny", **SERVICE_OPTIONS)
class Tiny:
    """Tells oak leaves from others."""

    def __init__(self) -> None:
        self.predictor = cast("TinyPredictor", loaded_model(DEFINITION).predictor)

    @api("/api/v1/leaf")
    def judge_leaf(self, leaf: Payload[Leaf], /) -> Payload[Answer]:
        return self.predictor.predict(leaf)

    @api("/api/v1/leaves")
    def judge_leaves(self, leaves: Payload[Leaves], /) -> Payload[Answers]:
        return self.predictor.predict_many(leaves)

    @api("/api/v1/explanation")
    def explain(self, leaf: Payload[Leaf], /) -> Payload[list[float]]:
        return self.predictor.explain(leaf)

    @api("/api/v1/nap")
    def nap(self, nap: Payload[Nap], /) -> Payload[Nap]:
        return self.predictor.nap(nap)

    @api("/api/v1/wait")
    def wait(self, nap: Payload[Nap], /) -> Payload[Nap]:
        return nap


guard_with_gateway(Tiny, DEFINITION)
