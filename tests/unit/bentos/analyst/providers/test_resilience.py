import asyncio
from contextlib import aclosing
from typing import Protocol

import pytest
import stamina
from stamina.instrumentation import RetryDetails

from bentos.analyst.providers.base import Completion, Failure, ProviderFailed
from bentos.analyst.providers.paying import Free
from bentos.analyst.providers.resilience import TRIES, Guarded, NotAsked
from bentos.analyst.settings import AnalystSettings
from tests.support.scripted_provider import ANSWER, PROMPT, Notes, ScriptedProvider

AMPLE_SECONDS = 60.0
A_MOMENT_SECONDS = 0.05


class Clock(Protocol):
    now: float


def _guard(provider: ScriptedProvider, notes: Notes | None = None, **settings: float) -> Guarded:
    return Guarded(provider, AnalystSettings.model_validate(settings), notes or Notes(), Free())


def _complete(guarded: Guarded, seconds: float = AMPLE_SECONDS) -> str:
    return asyncio.run(guarded.complete(PROMPT, seconds)).text


async def _read(guarded: Guarded, seconds: float = AMPLE_SECONDS) -> list[str | Completion]:
    return [piece async for piece in guarded.stream(PROMPT, seconds)]


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("failure", ["timeout", "connection", "rate_limited", "server"])
def test_a_passing_failure_is_tried_again(failure: Failure) -> None:
    provider, notes = ScriptedProvider([failure, ANSWER]), Notes()
    assert _complete(_guard(provider, notes)) == ANSWER
    assert notes.outcomes == [failure, "ok"]


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("failure", ["refused", "bad_answer"])
def test_a_lasting_failure_is_not_tried_again(failure: Failure) -> None:
    provider = ScriptedProvider([failure, ANSWER])
    with pytest.raises(ProviderFailed) as caught:
        _complete(_guard(provider))
    assert (caught.value.failure, provider.asked) == (failure, 1)


@pytest.mark.usefixtures("no_pauses")
def test_tries_end_and_the_last_failure_is_told() -> None:
    provider = ScriptedProvider(["server", "connection", "timeout", ANSWER])
    with pytest.raises(ProviderFailed) as caught:
        _complete(_guard(provider))
    assert (caught.value.failure, provider.asked) == ("timeout", TRIES)


def test_retry_after_is_what_is_waited() -> None:
    waits: list[float] = []

    def remember(details: RetryDetails) -> None:
        waits.append(details.wait_for)

    provider = ScriptedProvider([ProviderFailed("scripted", "rate_limited", "429", 0.011), ANSWER])
    stamina.instrumentation.set_on_retry_hooks([remember])
    try:
        assert _complete(_guard(provider)) == ANSWER
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)
    assert waits == [pytest.approx(0.011)]


@pytest.mark.usefixtures("no_pauses")
def test_a_retry_after_beyond_the_time_left_is_not_waited_for() -> None:
    provider = ScriptedProvider([ProviderFailed("scripted", "rate_limited", "429", 3600.0), ANSWER])
    with pytest.raises(ProviderFailed) as caught:
        _complete(_guard(provider))
    assert (caught.value.retry_after_seconds, provider.asked) == (3600.0, 1)


@pytest.mark.usefixtures("no_pauses")
def test_no_retry_is_begun_without_time_for_it() -> None:
    provider = ScriptedProvider(["server", ANSWER])
    with pytest.raises(ProviderFailed):
        _complete(_guard(provider), seconds=1.0)
    assert provider.asked == 1


@pytest.mark.usefixtures("no_pauses")
def test_a_hanging_try_leaves_time_for_another() -> None:
    provider = ScriptedProvider(["hangs", ANSWER])
    assert _complete(_guard(provider), seconds=4.0) == ANSWER
    assert provider.cancelled == 1


def test_a_call_ends_in_time_and_is_cancelled_at_the_provider() -> None:
    provider, notes = ScriptedProvider(["hangs"]), Notes()
    with pytest.raises(ProviderFailed) as caught:
        _complete(_guard(provider, notes), seconds=A_MOMENT_SECONDS)
    assert (caught.value.failure, notes.outcomes) == ("timeout", ["timeout"])
    assert (provider.under_way, provider.cancelled) == (0, 1)


@pytest.mark.usefixtures("no_pauses", "clock")
def test_every_request_counts_for_the_breaker() -> None:
    provider, notes = ScriptedProvider(["server"]), Notes()
    guarded = _guard(provider, notes, breaker_failures=TRIES + 1)

    async def ask() -> None:
        with pytest.raises(ProviderFailed):
            await guarded.complete(PROMPT, AMPLE_SECONDS)
        with pytest.raises(NotAsked) as caught:
            await guarded.complete(PROMPT, AMPLE_SECONDS)
        assert caught.value.reason == "left alone"

    asyncio.run(ask())
    assert provider.asked == TRIES + 1
    assert notes.breakers == [("scripted", False), ("scripted", True)]


def test_the_breaker_closes_after_a_good_trial(clock: Clock) -> None:
    provider, notes = ScriptedProvider(["refused", ANSWER]), Notes()
    guarded = _guard(provider, notes, breaker_failures=1, breaker_seconds=30.0)

    async def ask() -> None:
        with pytest.raises(ProviderFailed):
            await guarded.complete(PROMPT, AMPLE_SECONDS)
        clock.now += 30.0
        with pytest.raises(NotAsked):
            await guarded.complete(PROMPT, AMPLE_SECONDS)
        clock.now += 0.001
        await guarded.complete(PROMPT, AMPLE_SECONDS)

    asyncio.run(ask())
    assert notes.breakers == [("scripted", False), ("scripted", True), ("scripted", False)]
    assert notes.outcomes == ["refused", "ok"], "a call that is not made is none"


def test_beside_a_trial_nobody_waits_for_a_turn(clock: Clock) -> None:
    guarded = _guard(ScriptedProvider(["hangs", "refused", "hangs"]), breaker_failures=1, calls_at_once=2)

    async def ask() -> str:
        async with asyncio.TaskGroup() as group:
            early = group.create_task(guarded.complete(PROMPT, AMPLE_SECONDS))
            await asyncio.sleep(0)
            with pytest.raises(ProviderFailed):
                await guarded.complete(PROMPT, AMPLE_SECONDS)
            clock.now += AnalystSettings().breaker_seconds + 1
            trial = group.create_task(guarded.complete(PROMPT, AMPLE_SECONDS))
            await asyncio.sleep(0)
            with pytest.raises(NotAsked) as caught:
                await guarded.complete(PROMPT, A_MOMENT_SECONDS)
            early.cancel()
            trial.cancel()
        return caught.value.reason

    assert asyncio.run(ask()) == "left alone"


def test_calls_that_wait_their_turn_are_not_made_once_the_breaker_opened() -> None:
    provider = ScriptedProvider(["refused"])
    guarded = _guard(provider, calls_at_once=1, breaker_failures=1)

    async def ask() -> list[object]:
        calls = (guarded.complete(PROMPT, AMPLE_SECONDS) for _ in range(5))
        return [type(result) for result in await asyncio.gather(*calls, return_exceptions=True)]

    assert asyncio.run(ask()) == [ProviderFailed, *[NotAsked] * 4]
    assert provider.asked == 1


def test_no_more_calls_at_once_than_allowed() -> None:
    provider = ScriptedProvider([0.001])
    guarded = _guard(provider, calls_at_once=3)

    async def ask() -> None:
        await asyncio.gather(*(guarded.complete(PROMPT, AMPLE_SECONDS) for _ in range(20)))

    asyncio.run(ask())
    assert (provider.asked, provider.most_at_once) == (20, 3)


def test_a_call_that_can_not_begin_in_time_is_no_failure_of_the_provider() -> None:
    provider, notes = ScriptedProvider(["hangs"]), Notes()
    guarded = _guard(provider, notes, calls_at_once=1, breaker_failures=1)

    async def ask() -> None:
        first = asyncio.create_task(guarded.complete(PROMPT, AMPLE_SECONDS))
        await asyncio.sleep(0)
        with pytest.raises(NotAsked) as caught:
            await guarded.complete(PROMPT, A_MOMENT_SECONDS)
        assert caught.value.reason == "busy"
        first.cancel()
        await asyncio.wait([first])

    asyncio.run(ask())
    assert notes.breakers == [("scripted", False)]


def test_without_any_time_nobody_is_asked() -> None:
    provider = ScriptedProvider()
    with pytest.raises(NotAsked):
        _complete(_guard(provider), seconds=-1.0)
    assert provider.asked == 0


def test_a_cancelled_call_frees_its_slot_and_fails_nothing() -> None:
    provider, notes = ScriptedProvider(["hangs", "hangs", ANSWER]), Notes()
    guarded = _guard(provider, notes, calls_at_once=1, breaker_failures=1)

    async def ask() -> str:
        for _ in range(2):
            call = asyncio.create_task(guarded.complete(PROMPT, AMPLE_SECONDS))
            await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.wait([call])
        waiting = asyncio.create_task(guarded.complete(PROMPT, AMPLE_SECONDS))
        waiting.cancel()
        await asyncio.wait([waiting])
        return (await guarded.complete(PROMPT, AMPLE_SECONDS)).text

    assert asyncio.run(ask()) == ANSWER
    assert notes.outcomes == ["cancelled", "cancelled", "ok"]
    assert notes.breakers == [("scripted", False)]


def test_a_stream_gives_pieces_and_then_the_whole() -> None:
    first, second, whole = asyncio.run(_read(_guard(ScriptedProvider(["It |rose.|It rose."]))))
    assert (first, second) == ("It ", "rose.")
    assert isinstance(whole, Completion)


@pytest.mark.usefixtures("no_pauses")
def test_a_stream_that_gave_nothing_is_begun_again() -> None:
    provider = ScriptedProvider(["server", "It rose.|It rose."])
    assert len(asyncio.run(_read(_guard(provider)))) == 2
    assert provider.asked == 2


@pytest.mark.usefixtures("no_pauses")
def test_a_stream_that_breaks_in_the_middle_is_not_begun_again() -> None:
    provider, notes = ScriptedProvider(["It |server", ANSWER]), Notes()
    with pytest.raises(ProviderFailed):
        asyncio.run(_read(_guard(provider, notes)))
    assert (provider.asked, notes.outcomes) == (1, ["server"])


@pytest.mark.parametrize("step", ["hangs", "It |hangs"])
def test_a_stream_ends_in_time(step: str) -> None:
    provider, notes = ScriptedProvider([step]), Notes()
    with pytest.raises(ProviderFailed) as caught:
        asyncio.run(_read(_guard(provider, notes), seconds=A_MOMENT_SECONDS))
    assert (caught.value.failure, notes.outcomes) == ("timeout", ["timeout"])
    assert (provider.under_way, provider.cancelled) == (0, 1)


def test_a_first_piece_has_a_time_of_its_own() -> None:
    async def ask(step: str) -> int:
        stream = _guard(ScriptedProvider([step])).stream(PROMPT, AMPLE_SECONDS, A_MOMENT_SECONDS)
        return len([piece async for piece in stream])

    with pytest.raises(ProviderFailed):
        asyncio.run(ask("hangs"))
    assert asyncio.run(ask("It |It rose.")) == 2


@pytest.mark.parametrize("step", ["ends", "It |ends"])
def test_a_stream_without_an_end_is_a_bad_answer(step: str) -> None:
    with pytest.raises(ProviderFailed) as caught:
        asyncio.run(_read(_guard(ScriptedProvider([step]))))
    assert caught.value.failure == "bad_answer"


def test_a_stream_that_is_left_frees_its_slot() -> None:
    provider, notes = ScriptedProvider(["It |rose|.|It rose.", ANSWER]), Notes()
    guarded = _guard(provider, notes, calls_at_once=1)

    async def ask() -> str:
        async with aclosing(guarded.stream(PROMPT, AMPLE_SECONDS)) as pieces:
            async for _ in pieces:
                break
        return (await guarded.complete(PROMPT, AMPLE_SECONDS)).text

    assert asyncio.run(ask()) == ANSWER
    assert (notes.outcomes, provider.under_way) == (["cancelled", "ok"], 0)


def test_closing_lets_go_of_the_provider() -> None:
    provider = ScriptedProvider()
    guarded = _guard(provider)
    asyncio.run(guarded.close())
    assert (provider.is_closed, guarded.name, guarded.model) == (True, "scripted", "script")
