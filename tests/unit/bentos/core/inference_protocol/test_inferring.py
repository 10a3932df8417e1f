"""Inferences are computed where they hold up nobody, and counted wherever that was."""

import dataclasses
import threading

import numpy as np
import pytest
from msgspec import UNSET

from bentos.core.contract import Field
from bentos.core.errors import FieldError, InvalidFields
from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.inferring import Inferrer
from bentos.core.inference_protocol.tensor_model import Outcomes, TensorModel, Tensors
from bentos.core.json_bodies import INLINE_BODY_BYTES
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


def inference(*numbers: int, name: str = "x") -> Inference:
    return Inference({name: np.array(numbers)}, {}, len(numbers), UNSET)


def inferrer_of(model: TensorModel, metrics: Metrics) -> Inferrer[list[int]]:
    return Inferrer(model, lambda _, found: found["x"].tolist(), metrics, Workers(1))


def test_model_is_called_once_for_neighbours_as_far_as_it_takes_them() -> None:
    computed: list[str] = []
    metrics = Metrics(Readiness())
    asked = [inference(1), inference(2), inference(3), inference(4, 5), inference(6)]
    assert inferrer_of(model(computed), metrics).answer_together(asked) == [[1], [2], [3], [4, 5], [6]]
    assert len(computed) == 4
    assert dict(metrics.predictions.outcomes) == {"seen": 6}


def test_requests_with_other_inputs_are_not_joined() -> None:
    computed: list[str] = []
    both = Inference({"x": np.array([2]), "y": np.array([9])}, {}, 1, UNSET)
    asked = [inference(1), both, inference(3)]
    answers = inferrer_of(model(computed), Metrics(Readiness())).answer_together(asked)
    assert (answers, len(computed)) == ([[1], [2], [3]], 3)


def test_wrong_request_among_good_ones_is_told_about_its_own_rows() -> None:
    def infer(inputs: Tensors) -> Tensors:
        wrong = np.flatnonzero(inputs["x"] < 0).tolist()
        if wrong:
            raise InvalidFields([FieldError(f"inputs[0].data[{row}]", "below 0") for row in wrong])
        return inputs

    metrics = Metrics(Readiness())
    judging = dataclasses.replace(model([]), infer=infer)
    good, bad = inferrer_of(judging, metrics).answer_together([inference(1), inference(-1)])
    assert good == [1]
    assert isinstance(bad, InvalidFields)
    assert [error.field for error in bad.errors] == ["inputs[0].data[0]"]
    assert dict(metrics.predictions.outcomes) == {"seen": 1}


def test_model_whose_shapes_have_no_rows_is_called_for_each() -> None:
    computed: list[str] = []
    fixed = (Field(name="x", dtype="int64", shape=(1,)),)
    rowless = dataclasses.replace(model(computed), inputs=fixed, outputs=fixed)
    answers = inferrer_of(rowless, Metrics(Readiness())).answer_together([inference(1), inference(2)])
    assert (answers, len(computed)) == ([[1], [2]], 2)
