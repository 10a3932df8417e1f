import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from pydantic import SecretStr

from bentos.analyst.providers.base import Completion, Failure, Prompt, ProviderFailed
from bentos.analyst.providers.gemini import THINKING_TOKENS, Gemini
from tests.support.failing import KEY, failure_of, leaks, stream_failure_of
from tests.support.misbehaving_llm import TRUE_TEXT, Behaviour, MisbehavingLlm, misbehaving_llm

PROMPT = Prompt(system="You explain.", user="Facts.", most_tokens=77, grammar='root ::= "x"')
SCHEMA = {"type": "object", "properties": {"analysis": {"type": "string"}}, "required": ["analysis"]}
BOUND = msgspec.structs.replace(PROMPT, schema=SCHEMA)


@pytest.fixture
def llm() -> Iterator[MisbehavingLlm]:
    with misbehaving_llm() as llm:
        yield llm


@asynccontextmanager
async def _provider(
    llm: MisbehavingLlm, model: str = "gemini-2.5-flash", timeout_seconds: float = 60.0
) -> AsyncIterator[Gemini]:
    url = llm.url.removesuffix("/v1")
    provider = Gemini(model, SecretStr(KEY), timeout_seconds=timeout_seconds, url=url)
    try:
        yield provider
    finally:
        await provider.close()


def _complete(llm: MisbehavingLlm, prompt: Prompt = PROMPT, model: str = "gemini-2.5-flash") -> Completion:
    async def ask() -> Completion:
        async with _provider(llm, model) as provider:
            return await provider.complete(prompt)

    return asyncio.run(ask())


def test_an_answer_comes_with_its_cost(llm: MisbehavingLlm) -> None:
    completion = _complete(llm)
    assert (completion.text, completion.model) == (TRUE_TEXT, "gemini-2.5-flash")
    assert (completion.prompt_tokens, completion.completion_tokens) == (100, 20)


def test_the_question_is_the_prompt_without_thoughts(llm: MisbehavingLlm) -> None:
    _complete(llm)
    asked = llm.asked[0]
    assert asked.path == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert asked.headers["x-goog-api-key"] == KEY
    assert KEY not in asked.path
    assert asked.body["contents"][0]["parts"] == [{"text": "Facts."}]
    assert asked.body["systemInstruction"]["parts"] == [{"text": "You explain."}]
    configuration = asked.body["generationConfig"]
    assert configuration["maxOutputTokens"] == 77
    assert configuration["temperature"] == 0
    assert configuration["thinkingConfig"] in ({"thinkingBudget": 0}, {"thinking_budget": 0})
    assert "grammar" not in str(asked.body)


def test_a_model_that_has_to_think_gets_room_for_it(llm: MisbehavingLlm) -> None:
    _complete(llm, model="gemini-2.5-pro")
    configuration = llm.asked[0].body["generationConfig"]
    assert configuration["maxOutputTokens"] == 77 + THINKING_TOKENS
    assert "thinkingConfig" not in configuration


@pytest.mark.parametrize(("model", "tokens"), [("gemini-2.5-flash", 0), ("gemini-2.5-pro", THINKING_TOKENS)])
def test_what_a_model_may_think_beyond_its_answer_is_told(
    llm: MisbehavingLlm, model: str, tokens: int
) -> None:
    async def tell() -> int:
        async with _provider(llm, model) as provider:
            return provider.thinking_tokens

    assert asyncio.run(tell()) == tokens


def test_a_schema_is_asked_for_and_its_object_is_unwrapped(llm: MisbehavingLlm) -> None:
    assert _complete(llm, BOUND).text == TRUE_TEXT
    configuration = llm.asked[0].body["generationConfig"]
    assert configuration["responseJsonSchema"] == SCHEMA
    assert configuration["responseMimeType"] == "application/json"


def test_a_stream_gives_words_and_then_the_whole(llm: MisbehavingLlm) -> None:
    async def ask() -> list[str | Completion]:
        async with _provider(llm) as provider:
            return [piece async for piece in provider.stream(BOUND)]

    *words, whole = asyncio.run(ask())
    assert len(words) == len(TRUE_TEXT.split())
    assert "".join(str(word) for word in words) == TRUE_TEXT
    assert isinstance(whole, Completion)
    assert (whole.text, whole.completion_tokens) == (TRUE_TEXT, 20)
    assert "responseJsonSchema" not in llm.asked[0].body["generationConfig"]


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


@pytest.mark.parametrize("prompt", [PROMPT, BOUND])
@pytest.mark.parametrize(("behaviour", "failure"), BAD)
def test_each_misbehaviour_is_one_failure_and_tells_no_key(
    llm: MisbehavingLlm, behaviour: Behaviour, failure: Failure, prompt: Prompt
) -> None:
    async def ask() -> None:
        async with _provider(llm) as provider:
            failed = await failure_of(provider.complete(prompt))
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
            failed = await stream_failure_of(provider.stream(PROMPT))
            assert failed.failure == failure
            assert not leaks(failed)

    llm.behaviour = behaviour
    asyncio.run(ask())


@pytest.mark.parametrize("behaviour", ["hangs", "stalls"])
def test_silence_is_a_timeout(llm: MisbehavingLlm, behaviour: Behaviour) -> None:
    async def ask() -> None:
        async with _provider(llm, timeout_seconds=0.2) as provider:
            assert (await stream_failure_of(provider.stream(PROMPT))).failure == "timeout"

    llm.behaviour = behaviour
    asyncio.run(ask())


def test_the_environment_of_other_programs_is_left_alone(
    llm: MisbehavingLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "other-programs")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "other-programs")
    _complete(llm)
    assert "other-programs" not in str(llm.asked[0].headers) + llm.asked[0].path


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
