"""What core serves of it: one tensor in, one out, by the Open Inference Protocol. A serving process imports
this, so xgboost is not imported here."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from bentos.core.contract import Contract, Field
from bentos.core.errors import SelfTestFailed
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors
from bentos.core.package import ModelPackage
from bentos.core.routing import Route, ServiceDefinition
from bentos.core.scorers import BoosterScorer, FloatArray, OnnxScorer

NAME = "synthetic"
INPUT, OUTPUT = "features", "probability"
COLUMNS = 20
BOOSTER_ROWS = 64
"""From about this many rows on, the Booster is faster than ONNX Runtime."""
CHUNK_ROWS = 2_048
"""Rows scored in one go, as battle does it."""
MOST_ROWS = 10_000
BODY_LIMIT_BYTES = 4 * 1024 * 1024
TOLERANCE = 1e-5

CONTRACT = Contract(
    model=NAME,
    feature_version="1",
    tables_sha256="",
    inputs=(Field(name=INPUT, dtype="float32", shape=(-1, COLUMNS)),),
    features=(Field(name=INPUT, dtype="float32", shape=(-1, COLUMNS)),),
    outputs=(Field(name=OUTPUT, dtype="float32", shape=(-1,)),),
    classes=("0", "1"),
    defaults={},
)


class SelfTest(msgspec.Struct, frozen=True):
    """Stored rows, and what the Booster said to them."""

    rows: list[list[float]]
    probabilities: list[float]


class SyntheticPredictor:
    """The loaded model: two engines, as battle has them."""

    def __init__(self, package: ModelPackage, threads: int) -> None:
        self._onnx = OnnxScorer(package.files["model.onnx"], threads)
        self._booster = BoosterScorer(package.files["model.ubj"], threads)
        self._stored = msgspec.json.decode(package.files["selftest.json"], type=SelfTest)

    def score(self, rows: FloatArray) -> FloatArray:
        """Return float32[n], the probability of class 1, for float32[n, 20]."""
        if len(rows) < BOOSTER_ROWS:
            return self._onnx.score(rows)
        chunks = range(0, len(rows), CHUNK_ROWS)
        return np.concatenate([self._booster.score(rows[start : start + CHUNK_ROWS]) for start in chunks])

    def self_test(self) -> None:
        """Raise SelfTestFailed unless the stored rows still give the stored answers."""
        found = self.score(np.array(self._stored.rows, dtype=np.float32))
        worst = float(np.max(np.abs(found - np.array(self._stored.probabilities))))
        if not worst <= TOLERANCE:
            raise SelfTestFailed(NAME, worst, TOLERANCE)


def outcomes(found: Tensors) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield both classes, with how sure each of those answers was."""
    probability = found[OUTPUT].astype(np.float64)
    one = probability > 0.5
    yield "1", probability[one]
    yield "0", 1.0 - probability[~one]


def tensors(predictor: SyntheticPredictor) -> TensorModel:
    """Return the loaded model as a function of tensors."""
    return TensorModel(
        inputs=CONTRACT.inputs,
        outputs=CONTRACT.outputs,
        infer=lambda inputs: {OUTPUT: predictor.score(inputs[INPUT])},
        platform="xgboost_ubj",
        example={INPUT: [0.5] * COLUMNS},
        outcomes=outcomes,
        most_rows=MOST_ROWS,
        body_limit_bytes=BODY_LIMIT_BYTES,
    )


def routes(_predictor: SyntheticPredictor) -> Sequence[Route]:
    """Return no routes: the protocol is all that it is asked by."""
    return ()


DEFINITION = ServiceDefinition(
    name=NAME,
    title="Synthetic",
    description="Scores rows of 20 numbers, to be measured.",
    contract=CONTRACT,
    load=SyntheticPredictor,
    routes=routes,
    # Never imported: the benchmark asks for no path that is left to BentoML.
    bento="loadtests.benchmarks.synthetic.bento:Synthetic",
    tensors=tensors,
)
