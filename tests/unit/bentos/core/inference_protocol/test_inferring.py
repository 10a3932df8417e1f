"""Inferences are computed where they hold up nobody, and counted wherever that was."""

import threading

import numpy as np
import pytest
from msgspec import UNSET

from bentos.core.contract import Field
from bentos.core.endpoints import INLINE_BODY_BYTES
from bentos.core.inference_protocol.inferring import Inferrer
from bentos.core.inference_protocol.requests import Inference
from bentos.core.inference_protocol.tensor_model import Outcomes, TensorModel, Tensors
from bentos.core.metrics import Metrics
from bentos.core.readiness import Readiness
from bentos.core.workers import Workers
from tests.support.in_loop import in_loop


def outcomes(found: Tensors) -> Outcomes:
    yield "seen", np.full(found["x"].size, 0.75)


def model(computed: list[str]) -> TensorModel:
    field = Field(name="x", dtype="int64", shape=(-1,))

    def infer(inputs: Tensors) -> Tensors:
        computed.append(threading.current_thread().name)
        return inputs

    return TensorModel(
        inputs=(field,),
        outputs=(field,),
        infer=infer,
        platform="",
        example={},
        outcomes=outcomes,
        inline_rows=2,
    )


@pytest.mark.parametrize(
    ("rows", "body_bytes", "reads_in_worker", "infers_in_worker"),
    [
        (2, INLINE_BODY_BYTES, False, False),
        (3, INLINE_BODY_BYTES, False, True),
        (1, INLINE_BODY_BYTES + 1, True, True),
    ],
)
@in_loop
async def test_only_small_requests_are_worked_on_by_the_event_loop(
    rows: int, body_bytes: int, reads_in_worker: bool, infers_in_worker: bool
) -> None:
    computed: list[str] = []
    read: list[str] = []
    workers, metrics = Workers(1), Metrics(Readiness())

    def make() -> Inference:
        read.append(threading.current_thread().name)
        return Inference({"x": np.arange(rows)}, {}, rows, UNSET)

    inferrer = Inferrer(model(computed), lambda _, found: int(found["x"].size), metrics, workers)
    assert await inferrer.answer(body_bytes, make) == rows
    workers.close()
    here = threading.current_thread().name
    assert (read != [here], computed != [here]) == (reads_in_worker, infers_in_worker)
    assert dict(metrics.predictions.outcomes) == {"seen": rows}
    assert metrics.predictions.confidence.cumulated()[-1] == rows
