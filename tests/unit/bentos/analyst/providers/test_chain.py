import asyncio
from contextlib import aclosing

import pytest

from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.providers.chain import Chain, NoAnswer
from bentos.analyst.providers.paying import Free
from bentos.analyst.providers.resilience import Guarded, NotAsked
from bentos.analyst.settings import AnalystSettings
from tests.support.scripted_provider import ANSWER, PROMPT, Notes, ScriptedProvider

AMPLE_SECONDS = 60.0
A_MOMENT_SECONDS = 0.1

pytestmark = pytest.mark.usefixtures("no_pauses")


def _chain(*providers: ScriptedProvider, **settings: float) -> Chain:
    wanted = AnalystSettings.model_validate(settings)
    return Chain([Guarded(provider, wanted, Notes(), Free()) for provider in providers])


def _complete(chain: Chain, seconds: float = AMPLE_SECONDS) -> tuple[str, Completion]:
    return asyncio.run(chain.complete(PROMPT, seconds))


async def _read(chain: Chain, seconds: float = AMPLE_SECONDS) -> list[str | tuple[str, Completion]]:
    return [piece async for piece in chain.stream(PROMPT, seconds)]


def test_the_first_provider_answers_if_it_can() -> None:
    first, second = ScriptedProvider(name="first"), ScriptedProvider(name="second")
    name, completion = _complete(_chain(first, second))
    assert (name, completion.text, second.asked) == ("first", ANSWER, 0)


@pytest.mark.parametrize("step", ["server", "refused", "bad_answer"])
def test_the_next_is_asked_when_one_fails(step: str) -> None:
    name, _ = _complete(_chain(ScriptedProvider([step], "first"), ScriptedProvider(name="second")))
    assert name == "second"


def test_the_next_is_asked_when_one_hangs() -> None:
    first = ScriptedProvider(["hangs"], "first")
    name, _ = _complete(_chain(first, ScriptedProvider(name="second")), seconds=A_MOMENT_SECONDS)
    assert (name, first.under_way) == ("second", 0)


def test_each_may_use_an_equal_part_of_the_time_that_is_left() -> None:
    shares: list[float] = []

    class Recording(Guarded):
        async def complete(self, prompt: Prompt, within_seconds: float) -> Completion:
            shares.append(within_seconds)
            raise NotAsked(self.name, "busy")

    providers = [Recording(ScriptedProvider(), AnalystSettings(), Notes(), Free()) for _ in range(3)]
    with pytest.raises(NoAnswer):
        _complete(Chain(providers), seconds=6000.0)
    assert shares == pytest.approx([2000.0, 3000.0, 6000.0], abs=600)


def test_a_provider_that_is_left_alone_costs_no_request() -> None:
    first = ScriptedProvider(["refused"], "first")
    chain = _chain(first, ScriptedProvider(name="second"), breaker_failures=1)

    async def ask() -> list[str]:
        return [(await chain.complete(PROMPT, AMPLE_SECONDS))[0] for _ in range(3)]

    assert asyncio.run(ask()) == ["second"] * 3
    assert first.asked == 1


def test_when_all_fail_it_says_why_for_each() -> None:
    with pytest.raises(NoAnswer) as caught:
        _complete(_chain(ScriptedProvider(["refused"], "first"), ScriptedProvider(["bad_answer"], "second")))
    assert caught.value.reasons == ("first: refused: as written", "second: bad_answer: as written")
    assert str(caught.value) == "first: refused: as written; second: bad_answer: as written"


def test_no_providers_never_answer() -> None:
    with pytest.raises(NoAnswer, match="no language model is set"):
        _complete(Chain([]))
    with pytest.raises(NoAnswer):
        asyncio.run(_read(Chain([])))


def test_all_hanging_ends_in_no_answer() -> None:
    providers = [ScriptedProvider(["hangs"], name) for name in ("first", "second")]
    with pytest.raises(NoAnswer):
        _complete(_chain(*providers), seconds=A_MOMENT_SECONDS)
    with pytest.raises(NoAnswer):
        asyncio.run(_read(_chain(*providers), seconds=A_MOMENT_SECONDS))
    assert [provider.under_way for provider in providers] == [0, 0]


def test_a_stream_ends_with_what_complete_would_return() -> None:
    *pieces, last = asyncio.run(_read(_chain(ScriptedProvider(["It |rose.|It rose."]))))
    assert pieces == ["It ", "rose."]
    assert isinstance(last, tuple)
    assert (last[0], last[1].text) == ("scripted", "It rose.")


def test_a_stream_comes_from_the_next_if_one_gives_nothing() -> None:
    chain = _chain(ScriptedProvider(["refused"], "first"), ScriptedProvider(["It |It."], "second"))
    assert asyncio.run(_read(chain))[-1][0] == "second"


def test_a_stream_is_never_mixed_from_two_providers() -> None:
    second = ScriptedProvider(name="second")
    chain = _chain(ScriptedProvider(["It |server"], "first"), second)

    async def ask() -> object:
        async with aclosing(chain.stream(PROMPT, AMPLE_SECONDS)) as pieces:
            first = await anext(pieces)
            with pytest.raises(NoAnswer):
                await anext(pieces)
        return first

    assert asyncio.run(ask()) == "It "
    assert second.asked == 0


def test_a_stream_that_is_left_stops_at_the_provider() -> None:
    provider = ScriptedProvider(["It |rose|hangs"])

    async def ask() -> None:
        async with aclosing(_chain(provider).stream(PROMPT, AMPLE_SECONDS)) as pieces:
            async for _ in pieces:
                break

    asyncio.run(ask())
    assert (provider.under_way, provider.cancelled) == (0, 1)


def test_it_names_models_and_closes_all() -> None:
    providers = [ScriptedProvider(name="first"), ScriptedProvider(name="second")]
    chain = _chain(*providers)
    assert chain.models == {"first": "script", "second": "script"}
    asyncio.run(chain.close())
    assert [provider.is_closed for provider in providers] == [True, True]
