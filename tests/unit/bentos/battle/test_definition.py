from bentos.battle.api import BattleRequest, BattlesRequest
from bentos.battle.definition import DEFINITION, routes
from bentos.battle.tensors import INLINE_BATTLES, tensors
from bentos.core.routing import Route
from tests.support.tiny_battle import tiny_predictor


def _routes() -> dict[tuple[str, str], Route]:
    return {(route.method, route.path): route for route in routes(tiny_predictor())}


def test_all_promised_routes_are_declared() -> None:
    assert set(_routes()) == {
        ("POST", "/api/v1/predict/battle"),
        ("POST", "/api/v1/predict/battles"),
        ("POST", "/api/v1/explain/battle"),
        ("GET", "/api/v1/pokemon"),
        ("GET", "/api/v1/pokemon/{id}"),
        ("GET", "/api/v1/pokemon/{id}/counters"),
        ("GET", "/api/v1/moves"),
    }


def test_predictions_are_counted_by_outcome_and_confidence() -> None:
    declared = _routes()
    single, batch = declared["POST", "/api/v1/predict/battle"], declared["POST", "/api/v1/predict/battles"]
    assert single.outcomes is not None
    assert batch.outcomes is not None
    answer = single.handler(BattleRequest(150, 129))
    assert list(single.outcomes(answer)) == [("pokemon_1", answer.confidence)]
    many = batch.handler(BattlesRequest([BattleRequest(150, 129), BattleRequest(129, 150)]))
    assert [outcome for outcome, _ in batch.outcomes(many)] == ["pokemon_1", "pokemon_2"]


def test_only_large_batches_leave_the_event_loop() -> None:
    offload = _routes()["POST", "/api/v1/predict/battles"].offload
    assert callable(offload)
    few = [BattleRequest(25, 6)] * INLINE_BATTLES
    assert not offload(BattlesRequest(few))
    assert offload(BattlesRequest([*few, BattleRequest(25, 6)]))


def test_definition_names_model_and_bento() -> None:
    assert (DEFINITION.name, DEFINITION.contract.model, DEFINITION.bento) == (
        "battle",
        "battle",
        "bentos.battle.service:Battle",
    )
    assert DEFINITION.tensors is tensors
