"""Battle in tensors answers as it does in JSON."""

from typing import Any

import numpy as np
import pytest

from bentos.battle.api import BattleRequest
from bentos.battle.loadouts import load_index
from bentos.battle.tensors import outcomes, tensors
from bentos.core.errors import InvalidFields
from bentos.core.inference_protocol.metadata import describe_model
from tests.support.tiny_battle import tiny_predictor, tiny_sets
from training.battle.dataset import to_requests

MODEL = tensors(tiny_predictor())
SLUGS = [move.slug for move in load_index().pokedex.moves]


def numbers(moves: list[str] | None) -> list[int]:
    found = [SLUGS.index(slug) + 1 for slug in moves or ()]
    return found + [0] * (4 - len(found))


def to_tensors(requests: list[BattleRequest]) -> dict[str, np.ndarray[Any, Any]]:
    return {
        "pokemon_1_id": np.array([request.pokemon_1_id for request in requests]),
        "pokemon_2_id": np.array([request.pokemon_2_id for request in requests]),
        "pokemon_1_moves": np.array([numbers(request.pokemon_1_moves) for request in requests]),
        "pokemon_2_moves": np.array([numbers(request.pokemon_2_moves) for request in requests]),
    }


MIRRORS = [BattleRequest(25, 25), BattleRequest(25, 25, ["thunder"], ["thunder"])]
SWAPPED = [BattleRequest(150, 129), BattleRequest(129, 150)]


@pytest.mark.parametrize("count", [0, 10, 300])
def test_tensors_answer_as_typed_requests_do(count: int) -> None:
    requests = [*MIRRORS, *SWAPPED, *to_requests(tiny_sets()["test"], count)]
    found = MODEL.infer(to_tensors(requests))
    expected = [tiny_predictor().predict(request) for request in requests]
    assert found["winner"].tolist() == [answer.winner for answer in expected]
    probabilities = [answer.pokemon_1_win_probability for answer in expected]
    np.testing.assert_allclose(found["probability"], probabilities, atol=1e-6)


@pytest.mark.parametrize("request_", [*MIRRORS, *SWAPPED])
def test_single_row_answers_exactly_as_a_typed_request_does(request_: BattleRequest) -> None:
    found = MODEL.infer(to_tensors([request_]))
    expected = tiny_predictor().predict(request_)
    assert found["probability"].tolist() == [expected.pokemon_1_win_probability]
    assert found["winner"].tolist() == [expected.winner]


@pytest.mark.parametrize("count", [1, 20])
def test_both_orders_add_up_to_exactly_one(count: int) -> None:
    requests = to_requests(tiny_sets()["test"], count)
    there = to_tensors(requests)
    back = {name.replace("1", "x").replace("2", "1").replace("x", "2"): one for name, one in there.items()}
    one, two = MODEL.infer(there), MODEL.infer(back)
    assert (one["probability"] + two["probability"]).tolist() == [1.0] * count
    assert (one["winner"] + two["winner"]).tolist() == [3] * count


@pytest.mark.parametrize("rows", [1, 3])
def test_moves_may_be_left_out_on_either_side(rows: int) -> None:
    given = to_tensors([BattleRequest(25, 6)] * rows)
    whole = MODEL.infer(given)["probability"].tolist()
    assert (
        whole
        == MODEL.infer({name: given[name] for name in ("pokemon_1_id", "pokemon_2_id")})[
            "probability"
        ].tolist()
    )
    del given["pokemon_1_moves"]
    assert MODEL.infer(given)["probability"].tolist() == whole


def test_arrays_of_a_caller_may_be_read_only_and_unaligned() -> None:
    given = to_tensors([BattleRequest(25, 6, ["thunder"]), BattleRequest(150, 129)])
    bodies = {name: b"{" + one.tobytes() for name, one in given.items()}
    views = {name: np.frombuffer(bodies[name], "<i8", offset=1).reshape(given[name].shape) for name in given}
    assert not any(view.flags.aligned for view in views.values())
    assert MODEL.infer(views)["probability"].tolist() == MODEL.infer(given)["probability"].tolist()


@pytest.mark.parametrize("rows", [1, 4])
def test_bad_rows_are_named_on_both_sides(rows: int) -> None:
    requests = [BattleRequest(25, 6)] * (rows - 1) + [BattleRequest(9999, 25, None, ["surf"])]
    with pytest.raises(InvalidFields) as caught:
        MODEL.infer(to_tensors(requests))
    fields = [error.field for error in caught.value.errors]
    assert fields == [f"pokemon_1_id[{rows - 1}]", f"pokemon_2_moves[{rows - 1}]"]


def test_no_more_than_a_hundred_bad_rows_are_named() -> None:
    with pytest.raises(InvalidFields) as caught:
        MODEL.infer(to_tensors([BattleRequest(9999, 9999)] * 500))
    assert len(caught.value.errors) == 100


def test_outcomes_say_who_wins_and_how_sure() -> None:
    found = {"probability": np.array([0.9, 0.2, 0.5]), "winner": np.array([1, 2, 1])}
    assert {name: confidence.tolist() for name, confidence in outcomes(found)} == {
        "pokemon_1": [0.9, 0.5],
        "pokemon_2": [0.8],
    }


def test_declared_tensors_are_the_promised_ones() -> None:
    metadata = describe_model("battle", "7", MODEL)
    assert [(one.name, one.datatype, one.shape) for one in (*metadata.inputs, *metadata.outputs)] == [
        ("pokemon_1_id", "INT64", (-1,)),
        ("pokemon_2_id", "INT64", (-1,)),
        ("pokemon_1_moves", "INT64", (-1, 4)),
        ("pokemon_2_moves", "INT64", (-1, 4)),
        ("probability", "FP64", (-1,)),
        ("winner", "INT64", (-1,)),
    ]
    assert [field.name for field in MODEL.inputs if field.optional] == ["pokemon_1_moves", "pokemon_2_moves"]
