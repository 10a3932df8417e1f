"""What does not fit a model is refused by name, whatever carried it."""

import pytest

from bentos.core.contract import Field
from bentos.core.errors import InvalidFields
from bentos.core.inference_protocol.checks import TensorChecks, refuse_extensions
from bentos.core.inference_protocol.messages import RequestInput, RequestOutput
from bentos.core.inference_protocol.tensor_model import TensorModel

CHECKS = TensorChecks(
    TensorModel(
        inputs=(
            Field(name="a", dtype="int64", shape=(-1,)),
            Field(name="b", dtype="float32", shape=(-1, 2), optional=True),
        ),
        outputs=(Field(name="x", dtype="float32", shape=(-1,)), Field(name="y", dtype="int64", shape=(-1,))),
        infer=lambda inputs: inputs,
        platform="",
        example={},
        most_rows=5,
    )
)
A, B = RequestInput("a", [2], "INT64"), RequestInput("b", [2, 2], "FP32")


def test_rows_are_those_that_all_inputs_have() -> None:
    assert CHECKS.count_rows([A]) == CHECKS.count_rows([B, A]) == 2
    assert CHECKS.datatype("b").name == "FP32"


@pytest.mark.parametrize(
    ("inputs", "reasons"),
    [
        ([], ["inputs: a is missing"]),
        ([A, A], ["inputs[1].name: a is given more than once"]),
        (
            [A, RequestInput("b", [3, 2], "FP32")],
            ["inputs[1].shape: every input has the same number of rows"],
        ),
        ([A, RequestInput("b", [2, 3], "FP32")], ["inputs[1].shape: b has the shape [-1, 2], not [2, 3]"]),
        (
            [RequestInput("c", [2], "INT64"), RequestInput("a", [2], "FP32")],
            ["inputs[0].name: 'c' is not one of: a, b", "inputs[1].datatype: a is INT64, not 'FP32'"],
        ),
        ([RequestInput("a", [0], "INT64")], ["inputs: 1 to 5 rows are taken, not 0"]),
        ([RequestInput("a", [6], "INT64")], ["inputs: 1 to 5 rows are taken, not 6"]),
    ],
)
def test_every_input_that_does_not_fit_is_named(inputs: list[RequestInput], reasons: list[str]) -> None:
    with pytest.raises(InvalidFields) as refused:
        CHECKS.count_rows(inputs)
    found = [f"{error.field}: {error.message}" for error in refused.value.errors]
    assert [given.startswith(reason) for given, reason in zip(found, reasons, strict=True)] == [True] * len(
        found
    )


def test_all_outputs_are_wanted_unless_some_are_named() -> None:
    assert [one.name for one in CHECKS.choose_outputs([])] == ["x", "y"]
    assert [one.name for one in CHECKS.choose_outputs([RequestOutput("y")])] == ["y"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ([RequestOutput("z" * 500)], f"outputs[0].name: '{'z' * 100}' is not one of: x, y"),
        ([RequestOutput("x"), RequestOutput("x")], "outputs[1].name: x is asked for more than once"),
        ([RequestOutput("x", {"classification": 2})], "outputs[0].parameters.classification: this extension"),
    ],
)
def test_outputs_that_can_not_be_given_are_refused(asked: list[RequestOutput], reason: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        CHECKS.choose_outputs(asked)
    assert refused.value.detail.startswith(reason)


def test_only_parameters_that_change_the_meaning_are_refused() -> None:
    refuse_extensions({"priority": 3}, "inputs[0]")
    with pytest.raises(InvalidFields, match=r"inputs\[0\]\.parameters\.shared_memory_region"):
        refuse_extensions({"priority": 3, "shared_memory_region": "r"}, "inputs[0]")
