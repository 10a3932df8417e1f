"""The tiny service: is this leaf an oak's?"""

import time
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from bentos.core.contract import Contract, Field
from bentos.core.errors import (
    DependencyUnavailable,
    FieldError,
    InvalidFields,
    SelfTestFailed,
    UnknownResource,
)
from bentos.core.package import ModelPackage
from bentos.core.routing import Route, ServiceDefinition
from bentos.core.scorers import BoosterScorer, OnnxScorer
from tests.support.tiny.api import (
    Answer,
    Answers,
    Greeting,
    Leaf,
    Leaves,
    Nap,
    Ring,
    Season,
    SelfTest,
    Soil,
    Tree,
    Trees,
)
from tests.support.tiny.growing import grow
from tests.support.tiny.soil import open_soil

FEATURES = ("height", "width")
FORBIDDEN_HEIGHT = 66.0
FAULTY_HEIGHT = 77.0
FAULTY_MONTH = 13
READY_MONTHS = 3
TREES = (Tree(1, "oak"), Tree(2, "beech"), Tree(3, "birch"))
LEAF = {"height": 12.5, "width": 3.5}

CONTRACT = Contract(
    model="tiny",
    feature_version="1",
    tables_sha256="",
    inputs=tuple(Field(name=name, dtype="float32", shape=(-1,), unit="cm") for name in FEATURES),
    features=(Field(name="features", dtype="float32", shape=(-1, len(FEATURES))),),
    outputs=(Field(name="probability", dtype="float32", shape=(-1,)),),
    classes=("other", "oak"),
    defaults={},
)


class TinyPredictor:
    """A loaded tiny model."""

    def __init__(self, package: ModelPackage, threads: int) -> None:
        self.version = package.pin.version
        self._onnx = OnnxScorer(package.files["model.onnx"], threads)
        self._booster = BoosterScorer(package.files["model.ubj"], threads)
        self.moisture: float | None = None
        """Known while the soil is open."""
        self._self_test = msgspec.json.decode(package.files["selftest.json"], type=SelfTest)

    def predict(self, leaf: Leaf) -> Answer:
        if leaf.height == FORBIDDEN_HEIGHT:
            raise InvalidFields([FieldError("height", "No leaf is this high")])
        if leaf.height == FAULTY_HEIGHT:
            raise ZeroDivisionError("a secret about our insides")
        return self._answer(self.probability(leaf))

    def predict_together(self, leaves: Sequence[Leaf]) -> list[Answer | InvalidFields]:
        return [self._predict_or_refuse(leaf) for leaf in leaves]

    def _predict_or_refuse(self, leaf: Leaf) -> Answer | InvalidFields:
        try:
            return self.predict(leaf)
        except InvalidFields as error:
            return error

    def predict_many(self, leaves: Leaves) -> Answers:
        rows = np.array([(leaf.height, leaf.width) for leaf in leaves.leaves], dtype=np.float32)
        scorer = self._booster if len(rows) >= 64 else self._onnx
        return Answers([self._answer(float(probability)) for probability in scorer.score(rows)])

    def explain(self, leaf: Leaf) -> list[float]:
        row = np.array([(leaf.height, leaf.width)], dtype=np.float32)
        return [float(value) for value in self._booster.contributions(row)[0]]

    def nap(self, nap: Nap) -> Nap:
        time.sleep(nap.seconds)
        return nap

    async def wait(self, nap: Nap) -> Nap:
        return nap

    def list_trees(self, limit: int = 10) -> Trees:
        return Trees(list(TREES[:limit]))

    def tree(self, id: int) -> Tree:
        for tree in TREES:
            if tree.id == id:
                return tree
        raise UnknownResource(f"No tree has the id {id}.")

    def neighbours(self, id: int, limit: int = 10) -> Trees:
        return Trees([tree for tree in TREES if tree.id != self.tree(id).id][:limit])

    def greet(self, language: str | None) -> Greeting:
        return Greeting("Bonjour" if (language or "").startswith("fr") else "Hello")

    def ready_season(self, month: int = 1) -> Season | None:
        if month == FAULTY_MONTH:
            raise ZeroDivisionError("a secret about our insides")
        return None if month > READY_MONTHS else Season(month, "sleeps", waited=False)

    async def season(self, month: int = 1) -> Season:
        ready = self.ready_season(month)
        return Season(month, "grows", waited=True) if ready is None else ready

    def soil(self) -> Soil:
        if self.moisture is None:
            raise DependencyUnavailable("The soil is not open.", retry_after_seconds=7)
        return Soil(self.moisture)

    def probability(self, leaf: Leaf) -> float:
        row = np.array([(leaf.height, leaf.width)], dtype=np.float32)
        return float(self._onnx.score(row)[0])

    def self_test(self) -> None:
        found = np.array([self.probability(leaf) for leaf in self._self_test.leaves])
        worst = float(np.max(np.abs(found - np.array(self._self_test.probabilities))))
        if not worst <= 1e-5:
            raise SelfTestFailed("tiny", worst, 1e-5)

    def _answer(self, probability: float) -> Answer:
        return Answer(probability > 0.5, max(probability, 1.0 - probability), self.version)


def outcomes(answer: Answer) -> Iterable[tuple[str, float]]:
    yield ("oak" if answer.oak else "other"), answer.confidence


def many_outcomes(answers: Answers) -> Iterable[tuple[str, float]]:
    for answer in answers.answers:
        yield from outcomes(answer)


def routes(predictor: TinyPredictor) -> Sequence[Route]:
    return [*_predicting(predictor), *_looking_up(predictor), *_living(predictor)]


def _predicting(predictor: TinyPredictor) -> Sequence[Route]:
    return [
        Route(
            method="POST",
            path="/api/v1/leaf",
            handler=predictor.predict,
            together=predictor.predict_together,
            body=Leaf,
            answer=Answer,
            summary="Judge one leaf",
            body_limit_bytes=1024,
            outcomes=outcomes,
            example=LEAF,
        ),
        Route(
            method="POST",
            path="/api/v1/leaves",
            handler=predictor.predict_many,
            body=Leaves,
            answer=Answers,
            summary="Judge many leaves",
            body_limit_bytes=256 * 1024,
            offload=lambda request: len(request.leaves) >= 64,
            outcomes=many_outcomes,
            example={"leaves": [LEAF]},
        ),
        Route(
            method="POST",
            path="/api/v1/explanation",
            handler=predictor.explain,
            body=Leaf,
            answer=list[float],
            summary="Explain one judgement",
            offload=True,
            example=LEAF,
        ),
        Route(
            method="POST",
            path="/api/v1/nap",
            handler=predictor.nap,
            body=Nap,
            answer=Nap,
            summary="Hold up a thread",
            offload=True,
            example={"seconds": 0.001},
        ),
    ]


def _looking_up(predictor: TinyPredictor) -> Sequence[Route]:
    return [
        Route(
            method="POST",
            path="/api/v1/wait",
            handler=predictor.wait,
            body=Nap,
            answer=Nap,
            summary="Wait without holding anything up",
            example={"seconds": 0.001},
        ),
        Route(
            method="GET",
            path="/api/v1/trees",
            handler=predictor.list_trees,
            answer=Trees,
            summary="List trees",
            query_parameters={"limit": int},
        ),
        Route(
            method="GET",
            path="/api/v1/trees/{id}",
            handler=predictor.tree,
            answer=Tree,
            summary="Show one tree",
            path_parameters={"id": int},
            example={"id": 1},
        ),
        Route(
            method="GET",
            path="/api/v1/trees/{id}/neighbours",
            handler=predictor.neighbours,
            answer=Trees,
            summary="List the trees around one",
            path_parameters={"id": int},
            query_parameters={"limit": int},
            example={"id": 1},
        ),
    ]


def _living(predictor: TinyPredictor) -> Sequence[Route]:
    return [
        Route(
            method="GET",
            path="/api/v1/greeting",
            handler=predictor.greet,
            answer=Greeting,
            summary="Greet",
            header_parameters={"accept-language": "language"},
        ),
        Route(
            method="GET",
            path="/api/v1/soil",
            handler=predictor.soil,
            answer=Soil,
            summary="Show the soil",
        ),
        Route(
            method="GET",
            path="/api/v1/season",
            handler=predictor.season,
            ready=predictor.ready_season,
            answer=Season,
            summary="Show what it does in a month",
            query_parameters={"month": int},
        ),
        Route(
            method="GET",
            path="/api/v1/rings",
            handler=grow,
            answer={"ring": Ring},
            summary="Watch a tree grow",
            query_parameters={
                "rings": int,
                "pause_seconds": float,
                "first_pause_seconds": float,
                "refused_at": int,
                "faulty_at": int,
            },
            header_parameters={"accept-language": "language"},
            streams=True,
        ),
    ]


DEFINITION = ServiceDefinition(
    name="tiny",
    title="Tiny",
    description="Tells oak leaves from others.",
    contract=CONTRACT,
    load=TinyPredictor,
    routes=routes,
    bento="tests.support.tiny.service:Tiny",
    open=open_soil,
)
