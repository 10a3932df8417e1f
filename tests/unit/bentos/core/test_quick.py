"""Who waits for the end of a round is answered, whatever happens to others."""

import asyncio

import pytest

from bentos.core.gateway import Gateway
from bentos.core.quick import Quick
from tests.support.loops import ReadyQueue


class Waits:
    """A connection that notes when it is answered."""

    def __init__(self, name: str, answered: list[str], error: Exception | None = None) -> None:
        self._name = name
        self._answered = answered
        self._error = error

    def answer(self) -> None:
        if self._error is not None:
            raise self._error
        self._answered.append(self._name)


def quick_of(gateway: Gateway) -> Quick:
    return Quick(gateway, lambda _error: gateway, None, lambda _exchange, _endpoint: None)


def test_all_are_answered_in_their_order_when_the_round_is_read(gateway: Gateway) -> None:
    quick, loop, answered = quick_of(gateway), ReadyQueue(), list[str]()
    for name in "abc":
        quick.wait(Waits(name, answered), loop.as_loop)
    assert answered == []
    loop.run_once()
    assert answered == ["a", "b", "c"]
    quick.wait(Waits("d", answered), loop.as_loop)
    loop.run_once()
    assert (answered[-1], bool(loop)) == ("d", False)


def test_fault_in_one_answer_leaves_the_others_theirs(gateway: Gateway) -> None:
    quick, loop, answered = quick_of(gateway), ReadyQueue(), list[str]()
    for name, error in (("a", None), ("b", ZeroDivisionError()), ("c", None)):
        quick.wait(Waits(name, answered, error), loop.as_loop)
    with pytest.raises(ZeroDivisionError):
        loop.run_once()
    loop.run_once()
    assert answered == ["a", "c"]


def test_routes_that_await_or_work_for_long_are_not_among_them(gateway: Gateway) -> None:
    assert set(gateway.quick.routes) == {b"/api/v1/leaf"}
    assert all(not asyncio.iscoroutinefunction(one._handler) for one in gateway.quick.routes.values())
