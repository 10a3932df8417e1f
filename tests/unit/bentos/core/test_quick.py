"""Who waits for the end of a round is answered, whatever happens to others."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from bentos.core.auth import KeyRing
from bentos.core.endpoints import BodyEndpoint, QuickEndpoint
from bentos.core.errors import RequestError, Unauthorized
from bentos.core.exchange import Exchange
from bentos.core.gateway import Gateway
from bentos.core.quick import MOST_TOGETHER, Asked, Quick
from tests.support.exchanges import exchange
from tests.support.loops import ReadyQueue
from tests.support.tiny.api import Answer, Leaf
from tests.support.tiny.definition import FAULTY_HEIGHT, FORBIDDEN_HEIGHT

PATH = "/api/v1/leaf"


class Waits:
    """A connection that notes what becomes of its request."""

    def __init__(
        self, endpoint: QuickEndpoint, name: str, ended: list[str], height: float = 1.0, fault: str = ""
    ) -> None:
        self._endpoint = endpoint
        self._name = name
        self._ended = ended
        self._body = msgspec.json.encode(Leaf(height, 1.0))
        self._fault = fault

    def ask(self) -> Asked | None:
        asked = exchange(headers={"content-type": "application/json"}, method="POST", path=PATH)
        return None if self._fault == "gone" else Asked(self._endpoint, asked, self._body)

    def answer(self, _exchange: Exchange, _content: bytes) -> None:
        if self._fault == "answer":
            self._fault = "gone"
            raise ZeroDivisionError
        self._ended.append(self._name)

    def wait(self) -> None:
        self._ended.append(f"{self._name}: waits")

    def fail(self, error: Exception) -> None:
        self._ended.append(f"{self._name}: {type(error).__name__}")


@pytest.fixture
def endpoint(gateway: Gateway) -> BodyEndpoint:
    endpoint = gateway.quick.routes[PATH.encode()]
    assert isinstance(endpoint, BodyEndpoint)
    return endpoint


def quick_of(gateway: Gateway, guard: KeyRing | None = None) -> Quick:
    return Quick(gateway, gateway, lambda _error: gateway, guard, lambda _exchange, _endpoint: None)


def answer_all(quick: Quick, connections: Sequence[Waits], loop: ReadyQueue) -> None:
    for connection in connections:
        quick.wait(connection, loop.as_loop)
    loop.run_once()


def test_all_are_answered_in_their_order_when_the_round_is_read(
    gateway: Gateway, endpoint: BodyEndpoint
) -> None:
    quick, loop, ended = quick_of(gateway), ReadyQueue(), list[str]()
    for name in "abc":
        quick.wait(Waits(endpoint, name, ended), loop.as_loop)
    assert ended == []
    loop.run_once()
    assert ended == ["a", "b", "c"]
    answer_all(quick, [Waits(endpoint, "d", ended)], loop)
    assert (ended[-1], bool(loop)) == ("d", False)


def test_each_gets_its_own_answer_or_error(gateway: Gateway, endpoint: BodyEndpoint) -> None:
    quick, loop, ended = quick_of(gateway), ReadyQueue(), list[str]()
    heights = {"a": 1.0, "b": FORBIDDEN_HEIGHT, "c": 2.0}
    answer_all(quick, [Waits(endpoint, name, ended, height) for name, height in heights.items()], loop)
    assert ended == ["a", "b: InvalidFields", "c"]


def test_fault_of_one_handler_is_told_to_its_caller_alone(gateway: Gateway, endpoint: BodyEndpoint) -> None:
    quick, loop, ended = quick_of(gateway), ReadyQueue(), list[str]()
    heights = {"a": 1.0, "b": FAULTY_HEIGHT, "c": FORBIDDEN_HEIGHT, "d": 2.0}
    with capture_logs() as lines:
        answer_all(quick, [Waits(endpoint, name, ended, height) for name, height in heights.items()], loop)
    assert ended == ["a", "b: ZeroDivisionError", "c: InvalidFields", "d"]
    assert [line["log_level"] for line in lines] == ["error"]


def test_fault_in_one_answer_leaves_the_others_theirs(gateway: Gateway, endpoint: BodyEndpoint) -> None:
    quick, loop, ended = quick_of(gateway), ReadyQueue(), list[str]()
    faults = {"a": "", "b": "answer", "c": "gone", "d": "", "e": ""}
    with pytest.raises(ZeroDivisionError):
        answer_all(quick, [Waits(endpoint, name, ended, fault=fault) for name, fault in faults.items()], loop)
    loop.run_once()
    assert sorted(ended) == ["a", "d", "e"]


def test_no_more_than_some_dozens_are_handled_together(gateway: Gateway, endpoint: BodyEndpoint) -> None:
    quick, loop, ended, sizes = quick_of(gateway), ReadyQueue(), list[str](), list[int]()
    together: Any = endpoint._together

    def noting(leaves: Sequence[Leaf]) -> list[Answer | RequestError]:
        sizes.append(len(leaves))
        answers: list[Answer | RequestError] = together(leaves)
        return answers

    endpoint._together = noting
    answer_all(quick, [Waits(endpoint, str(number), ended) for number in range(2 * MOST_TOGETHER + 1)], loop)
    assert sizes == [MOST_TOGETHER, MOST_TOGETHER]
    assert ended == [str(number) for number in range(2 * MOST_TOGETHER + 1)]


def test_nobody_goes_without_an_answer_if_some_are_left_out(gateway: Gateway, endpoint: BodyEndpoint) -> None:
    quick, loop, ended = quick_of(gateway), ReadyQueue(), list[str]()
    endpoint._together = lambda leaves: [
        Answer(oak=True, confidence=1.0, model_version="7") for _ in leaves[1:]
    ]
    with capture_logs() as lines:
        answer_all(quick, [Waits(endpoint, name, ended) for name in "abc"], loop)
    assert ended == ["a", "b", "c"]
    assert [line["log_level"] for line in lines] == ["error"]


def test_who_has_no_key_is_refused_beside_others(gateway: Gateway, endpoint: BodyEndpoint) -> None:
    quick = quick_of(gateway, KeyRing([bytes(32)]))
    asked = Waits(endpoint, "a", []).ask()
    assert asked is not None
    assert [type(content) for content in quick.answer([asked, asked])] == [Unauthorized, Unauthorized]


def test_predictions_are_counted_once_each(gateway: Gateway, endpoint: BodyEndpoint) -> None:
    quick, loop = quick_of(gateway), ReadyQueue()
    before = sum(gateway.metrics.predictions.outcomes.values())
    heights = [1.0, FORBIDDEN_HEIGHT, 2.0, 3.0]
    answer_all(quick, [Waits(endpoint, "", [], height) for height in heights], loop)
    assert sum(gateway.metrics.predictions.outcomes.values()) == before + 3


def test_routes_that_await_stream_or_work_for_long_are_not_among_them(gateway: Gateway) -> None:
    assert set(gateway.quick.routes) == {
        b"/api/v1/leaf",
        b"/api/v1/trees",
        b"/api/v1/greeting",
        b"/api/v1/soil",
        b"/api/v1/season",
    }
