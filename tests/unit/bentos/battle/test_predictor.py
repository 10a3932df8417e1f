import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bentos.battle.api import BattleRequest, BattlesRequest
from bentos.battle.loadouts import Loadout
from bentos.battle.predictor import BATCH_ROWS, SELFTEST_NAME, BattlePredictor, SelfTest, load_predictor
from bentos.core.errors import ContractMismatch, InvalidFields, SelfTestFailed
from tests.support.tiny_battle import tiny_candidate, tiny_predictor, tiny_sets, unsigned_package
from tests.unit.bentos.battle.test_features import loadouts
from training.battle.dataset import to_requests


def test_answer_names_winner_and_version() -> None:
    answer = tiny_predictor().predict(BattleRequest(150, 129))
    assert (answer.winner, answer.winner_name, answer.model_version) == (1, "Mewtwo", "7")
    assert answer.confidence == answer.pokemon_1_win_probability > 0.8


@settings(max_examples=200, deadline=None)
@given(loadouts(), loadouts())
def test_both_orders_add_up_to_exactly_one(one: Loadout, two: Loadout) -> None:
    predictor = tiny_predictor()
    assert predictor.win_probability(one, two) + predictor.win_probability(two, one) == 1.0


def test_answer_probabilities_add_up_to_exactly_one() -> None:
    requests = BattlesRequest(to_requests(tiny_sets()["test"], 300))
    for answer in tiny_predictor().predict_many(requests).predictions:
        assert answer.pokemon_1_win_probability + answer.pokemon_2_win_probability == 1.0


def test_mirror_match_is_even_and_the_first_one_wins_it() -> None:
    answer = tiny_predictor().predict(BattleRequest(25, 25))
    assert answer.pokemon_1_win_probability == answer.pokemon_2_win_probability == answer.confidence == 0.5
    assert answer.winner == 1


@pytest.mark.parametrize("count", [1, BATCH_ROWS - 1, BATCH_ROWS, 390])
def test_batch_answers_like_single_requests(count: int) -> None:
    predictor = tiny_predictor()
    requests = [*to_requests(tiny_sets()["test"], count - 1), BattleRequest(25, 25)]
    single = [predictor.predict(request).pokemon_1_win_probability for request in requests]
    batch = [
        answer.pokemon_1_win_probability
        for answer in predictor.predict_many(BattlesRequest(requests)).predictions
    ]
    np.testing.assert_allclose(batch, single, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 31, 32, 200])
def test_battles_that_are_handled_together_are_answered_as_each_alone(count: int) -> None:
    predictor = tiny_predictor()
    requests = to_requests(tiny_sets()["test"], count)
    asked = [BattleRequest(25, 25), *requests, *(swapped(request) for request in requests)]
    assert predictor.predict_together(asked) == [predictor.predict(request) for request in asked]


def test_bad_battle_among_good_ones_is_refused_alone() -> None:
    good, bad = BattleRequest(150, 129), BattleRequest(999, 129)
    answers = tiny_predictor().predict_together([good, bad, good])
    assert answers[0] == answers[2] == tiny_predictor().predict(good)
    assert isinstance(answers[1], InvalidFields)
    assert [error.field for error in answers[1].errors] == ["pokemon_1_id"]
    assert [type(answer) for answer in tiny_predictor().predict_together([bad])] == [InvalidFields]


def swapped(request: BattleRequest) -> BattleRequest:
    return BattleRequest(
        request.pokemon_2_id, request.pokemon_1_id, request.pokemon_2_moves, request.pokemon_1_moves
    )


def test_swapped_batch_rows_answer_for_the_asked_side() -> None:
    predictor = tiny_predictor()
    asked = BattlesRequest([BattleRequest(150, 129), BattleRequest(129, 150)])
    one, two = predictor.predict_many(asked).predictions
    assert one.pokemon_1_win_probability == two.pokemon_2_win_probability
    assert (one.winner, two.winner) == (1, 2)


def test_every_bad_field_is_named() -> None:
    with pytest.raises(InvalidFields) as caught:
        tiny_predictor().predict(BattleRequest(9999, 25, None, ["splash"]))
    assert [error.field for error in caught.value.errors] == ["pokemon_1_id", "pokemon_2_moves"]


def test_bad_rows_of_a_batch_are_named_by_index() -> None:
    battles = [BattleRequest(25, 6), BattleRequest(25, 9999), BattleRequest(25, 6, ["dig", "dig"])]
    with pytest.raises(InvalidFields) as caught:
        tiny_predictor().predict_many(BattlesRequest(battles))
    assert [error.field for error in caught.value.errors] == [
        "battles[1].pokemon_2_id",
        "battles[2].pokemon_1_moves",
    ]


def test_no_more_than_a_hundred_bad_rows_are_named() -> None:
    with pytest.raises(InvalidFields) as caught:
        tiny_predictor().predict_many(BattlesRequest([BattleRequest(9999, 9999)] * 500))
    assert len(caught.value.errors) == 100
    assert caught.value.detail.endswith("and 97 more; only the first 100 are named")


def test_self_test_passes_with_the_stored_answers() -> None:
    tiny_predictor().self_test()


def test_self_test_fails_with_other_answers() -> None:
    files = tiny_candidate().files
    stored = msgspec.json.decode(files[SELFTEST_NAME], type=SelfTest)
    moved = SelfTest(stored.requests, [probability * 0.99 for probability in stored.probabilities])
    with pytest.raises(SelfTestFailed, match="battle"):
        BattlePredictor(files | {SELFTEST_NAME: msgspec.json.encode(moved)}, "7").self_test()


def test_package_of_this_contract_loads() -> None:
    assert load_predictor(unsigned_package(tiny_candidate().files), 1).version == "9"


def test_package_of_another_contract_is_refused() -> None:
    with pytest.raises(ContractMismatch, match="battle"):
        load_predictor(unsigned_package(tiny_candidate().files | {"contract.json": b"{}"}), 1)


@given(st.lists(st.tuples(loadouts(), loadouts()), min_size=1, max_size=5))
def test_pairs_in_an_array_answer_as_they_do_in_a_list(pairs: list[tuple[Loadout, Loadout]]) -> None:
    predictor = tiny_predictor()
    pairs = [*pairs, pairs[0][::-1], (pairs[0][0], pairs[0][0])]
    array = np.array(pairs)
    found = predictor.win_probabilities_of_arrays(array)
    assert found.tolist() == predictor.win_probabilities(pairs).tolist()
    firsts = [
        probability > 0.5 or (probability == 0.5 and one <= two)
        for probability, (one, two) in zip(found, pairs, strict=True)
    ]
    assert predictor.first_wins(array, found).tolist() == firsts
