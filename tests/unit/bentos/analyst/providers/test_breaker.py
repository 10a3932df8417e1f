from typing import Protocol

import pytest

from bentos.analyst.providers.base import ProviderFailed
from bentos.analyst.providers.breaker import Breaker, LeftAlone

FAILURES = 3
SECONDS = 30.0


class Clock(Protocol):
    now: float


@pytest.fixture
def changes() -> list[bool]:
    return []


@pytest.fixture
def breaker(clock: Clock, changes: list[bool]) -> Breaker:
    return Breaker("openai", FAILURES, SECONDS, changes.append)


def _fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(ProviderFailed), breaker.call():
            raise ProviderFailed("openai", "server", "HTTP 500")


def _state(breaker: Breaker) -> tuple[bool, bool]:
    """Return whether it is open, and whether a call would be turned away."""
    return breaker.is_open, breaker.refuses


def _succeed(breaker: Breaker) -> None:
    with breaker.call():
        pass


def test_it_opens_with_the_last_of_the_failures_in_a_row(breaker: Breaker, changes: list[bool]) -> None:
    _fail(breaker, FAILURES - 1)
    assert (*_state(breaker), changes) == (False, False, [])
    _fail(breaker)
    assert (*_state(breaker), changes) == (True, True, [True])


def test_an_answer_begins_the_count_anew(breaker: Breaker) -> None:
    _fail(breaker, FAILURES - 1)
    _succeed(breaker)
    _fail(breaker, FAILURES - 1)
    assert not breaker.is_open


def test_while_open_no_call_goes_through(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, FAILURES)
    clock.now += SECONDS
    with pytest.raises(LeftAlone):
        _succeed(breaker)


def test_after_its_time_one_call_tries_and_closes_it(
    breaker: Breaker, clock: Clock, changes: list[bool]
) -> None:
    _fail(breaker, FAILURES)
    clock.now += SECONDS + 0.001
    assert _state(breaker) == (True, False), "an answer closes it, not the clock"
    with breaker.call():
        assert _state(breaker) == (True, True), "there is one trial, and none beside it"
        with pytest.raises(LeftAlone):
            _succeed(breaker)
    assert (*_state(breaker), changes) == (False, False, [True, False])


def test_a_failed_trial_opens_it_for_as_long_again(
    breaker: Breaker, clock: Clock, changes: list[bool]
) -> None:
    _fail(breaker, FAILURES)
    clock.now += SECONDS + 1
    _fail(breaker)
    clock.now += SECONDS
    assert _state(breaker) == (True, True)
    clock.now += 0.001
    assert _state(breaker) == (True, False)
    assert changes == [True]


def test_after_a_good_trial_it_takes_all_failures_again_to_open(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, FAILURES)
    clock.now += SECONDS + 1
    _succeed(breaker)
    _fail(breaker, FAILURES - 1)
    assert not breaker.is_open
    _fail(breaker)
    assert breaker.is_open


def test_a_cancelled_trial_leaves_the_trial_to_the_next_call(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, FAILURES)
    clock.now += SECONDS + 1
    with pytest.raises(GeneratorExit), breaker.call():
        raise GeneratorExit
    assert breaker.is_open
    _succeed(breaker)
    assert not breaker.is_open


def test_a_cancelled_call_is_neither_failure_nor_answer(breaker: Breaker) -> None:
    _fail(breaker, FAILURES - 1)
    with pytest.raises(GeneratorExit), breaker.call():
        raise GeneratorExit
    assert not breaker.is_open
    _fail(breaker)
    assert breaker.is_open


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_call_from_before_it_opened_decides_nothing(
    breaker: Breaker, clock: Clock, is_answered: bool
) -> None:
    early = breaker.call()
    early.__enter__()
    _fail(breaker, FAILURES)
    clock.now += SECONDS + 1
    with breaker.call():
        if is_answered:
            early.__exit__(None, None, None)
        else:
            failed = ProviderFailed("openai", "timeout", "late")
            assert not early.__exit__(ProviderFailed, failed, None)
        assert breaker.is_open
        assert breaker.refuses
    assert not breaker.is_open


def test_refusing_for_long_keeps_no_memory(breaker: Breaker) -> None:
    _fail(breaker, FAILURES)
    for _ in range(100):
        with pytest.raises(LeftAlone) as caught:
            _succeed(breaker)
        assert caught.value.__context__ is None
