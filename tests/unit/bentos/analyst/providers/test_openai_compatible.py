import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from pydantic import SecretStr

from bentos.analyst.providers.base import Completion, Failure, Prompt, ProviderFailed
from bentos.analyst.providers.openai_compatible import OpenAICompatible
from tests.support.failing import KEY, failure_of, leaks, stream_failure_of
from tests.support.misbehaving_llm import TRUE_TEXT, Behaviour, MisbehavingLlm, misbehaving_llm

PROMPT = Prompt(system="You explain.", user="Facts.", most_tokens=77)
SCHEMA = {"type": "object", "properties": {"analysis": {"type": "string"}}, "required": ["analysis"]}
BOUND = msgspec.structs.replace(PROMPT, grammar='root ::= "x"', schema=SCHEMA)


@pytest.fixture
def llm() -> Iterator[MisbehavingLlm]:
    with misbehaving_llm() as llm:
        yield llm


@asynccontextmanager
async def _provider(
    llm: MisbehavingLlm, takes_grammar: bool = True, timeout_seconds: float = 60.0
) -> AsyncIterator[OpenAICompatible]:
    provider = OpenAICompatible(
        llm.url, "small", SecretStr(KEY), takes_grammar=takes_grammar, timeout_seconds=timeout_seconds
    )
    try:
        yield provider
    finally:
        await provider.close()


def _complete(llm: MisbehavingLlm, prompt: Prompt = PROMPT, takes_grammar: bool = True) -> Completion:
    async def ask() -> Completion:
        async with _provider(llm, takes_grammar) as provider:
            return await provider.complete(prompt)

    return asyncio.run(ask())


def _read(llm: MisbehavingLlm, prompt: Prompt = PROMPT) -> list[str | Completion]:
    async def ask() -> list[str | Completion]:
        async with _provider(llm) as provider:
            return [piece async for piece in provider.stream(prompt)]

    return asyncio.run(ask())


def test_an_answer_comes_with_its_cost(llm: MisbehavingLlm) -> None:
    completion = _complete(llm)
    assert (completion.text, completion.model) == (TRUE_TEXT, "small")
    assert (completion.prompt_tokens, completion.completion_tokens) == (100, 20)


def test_the_question_is_the_prompt(llm: MisbehavingLlm) -> None:
    _complete(llm)
    asked = llm.asked[0]
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "small",
        "messages": [{"role": "system", "content": "You explain."}, {"role": "user", "content": "Facts."}],
        "max_tokens": 77,
        "temperature": 0,
    }


def test_a_grammar_goes_to_those_who_take_it(llm: MisbehavingLlm) -> None:
    assert _complete(llm, BOUND).text == TRUE_TEXT
    assert llm.asked[0].body["grammar"] == 'root ::= "x"'
    assert "response_format" not in llm.asked[0].body


def test_others_are_given_the_schema_and_its_object_is_unwrapped(llm: MisbehavingLlm) -> None:
    assert _complete(llm, BOUND, takes_grammar=False).text == TRUE_TEXT
    assert "grammar" not in llm.asked[0].body
    assert llm.asked[0].body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_stream_gives_words_and_then_the_whole(llm: MisbehavingLlm) -> None:
    *words, whole = _read(llm, BOUND)
    assert len(words) == len(TRUE_TEXT.split())
    assert "".join(str(word) for word in words) == TRUE_TEXT
    assert isinstance(whole, Completion)
    assert (whole.text, whole.completion_tokens) == (TRUE_TEXT, 20)
    assert "response_format" not in llm.asked[0].body


BAD: list[tuple[Behaviour, Failure]] = [
    ("rate_limited", "rate_limited"),
    ("server_error", "server"),
    ("refused", "refused"),
    ("moved", "refused"),
    ("half_json", "bad_answer"),
    ("no_json", "bad_answer"),
    ("wrong_schema", "bad_answer"),
    ("empty", "bad_answer"),
    ("huge", "bad_answer"),
    ("packed", "bad_answer"),
    ("cut_off", "bad_answer"),
    ("reset", "connection"),
]


@pytest.mark.parametrize("takes_grammar", [True, False])
@pytest.mark.parametrize(("behaviour", "failure"), BAD)
def test_each_misbehaviour_is_one_failure_and_tells_no_key(
    llm: MisbehavingLlm, behaviour: Behaviour, failure: Failure, takes_grammar: bool
) -> None:
    async def ask() -> None:
        async with _provider(llm, takes_grammar) as provider:
            failed = await failure_of(provider.complete(BOUND))
            assert failed.failure == failure
            assert failed.retry_after_seconds == (1.0 if behaviour == "rate_limited" else None)
            assert not leaks(failed)

    llm.behaviour = behaviour
    asyncio.run(ask())
    assert len(llm.asked) == 1, "retries are not made here"


@pytest.mark.parametrize(
    ("behaviour", "failure"), [pair for pair in BAD if pair[0] not in ("half_json", "packed")]
)
def test_each_misbehaviour_of_a_stream_is_one_failure(
    llm: MisbehavingLlm, behaviour: Behaviour, failure: Failure
) -> None:
    async def ask() -> None:
        async with _provider(llm) as provider:
            failed = await stream_failure_of(provider.stream(BOUND))
            assert failed.failure == failure
            assert not leaks(failed)

    llm.behaviour = behaviour
    asyncio.run(ask())


def test_a_stream_that_ends_in_the_middle_is_a_failure(llm: MisbehavingLlm) -> None:
    async def ask() -> None:
        async with _provider(llm) as provider:
            assert (await stream_failure_of(provider.stream(PROMPT))).failure in ("bad_answer", "connection")

    llm.behaviour = "half_json"
    asyncio.run(ask())


@pytest.mark.parametrize("behaviour", ["hangs", "stalls"])
def test_silence_is_a_timeout(llm: MisbehavingLlm, behaviour: Behaviour) -> None:
    async def ask() -> None:
        async with _provider(llm, timeout_seconds=0.2) as provider:
            assert (await stream_failure_of(provider.stream(PROMPT))).failure == "timeout"

    llm.behaviour = behaviour
    asyncio.run(ask())


def test_nobody_there_is_a_connection_failure(llm: MisbehavingLlm) -> None:
    async def ask() -> None:
        provider = OpenAICompatible(
            "http://127.0.0.1:1/v1", "small", SecretStr(KEY), takes_grammar=True, timeout_seconds=60.0
        )
        assert (await failure_of(provider.complete(PROMPT))).failure == "connection"
        await provider.close()

    asyncio.run(ask())


def test_a_cancelled_call_hangs_up(llm: MisbehavingLlm) -> None:
    async def ask() -> None:
        async with _provider(llm) as provider:
            call = asyncio.create_task(provider.complete(PROMPT))
            assert await asyncio.to_thread(llm.arrived.wait, 60)
            call.cancel()
            await asyncio.wait([call])
            assert call.cancelled()
            assert await asyncio.to_thread(llm.hung_up.wait, 60)

    llm.behaviour = "hangs"
    asyncio.run(ask())


def test_the_environment_of_other_programs_is_left_alone(
    llm: MisbehavingLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "other-programs")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
    _complete(llm)
    assert "other-programs" not in str(llm.asked[0].headers)


@pytest.mark.parametrize("behaviour", ["well", "refused", "server_error", "half_json"])
def test_no_log_line_of_any_library_shows_the_key(
    llm: MisbehavingLlm, caplog: pytest.LogCaptureFixture, behaviour: Behaviour
) -> None:
    async def ask() -> None:
        async with _provider(llm) as provider:
            with suppress(ProviderFailed):
                await provider.complete(PROMPT)

    llm.behaviour = behaviour
    with caplog.at_level(logging.DEBUG):
        asyncio.run(ask())
    assert caplog.records
    assert KEY not in caplog.text + "".join(repr(vars(record)) for record in caplog.records)


def test_neither_provider_nor_client_shows_the_key(llm: MisbehavingLlm) -> None:
    async def look() -> str:
        async with _provider(llm) as provider:
            return repr(provider) + repr(vars(provider))

    assert KEY not in asyncio.run(look())
