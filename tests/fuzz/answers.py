"""What other services answer the analyst: exchanges with prices, providers with texts."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import msgspec
from pydantic import SecretStr

from bentos.analyst.collect.http import SourceFailed
from bentos.analyst.collect.sources import PRICES
from bentos.analyst.collect.validation import judge
from bentos.analyst.providers.answers import MOST_TEXT_CHARACTERS, unwrap
from bentos.analyst.providers.base import Completion, Prompt, Provider, ProviderFailed
from bentos.analyst.providers.gemini import Gemini
from bentos.analyst.providers.openai_compatible import OpenAICompatible
from tests.fuzz.target import Check, Target
from tests.fuzz.texts import NOW

SOURCES = tuple(PRICES.values())
SCHEMA = {"type": "object", "properties": {"analysis": {"type": "string"}}}
PLAIN = Prompt(system="Tell.", user="What?")
BOUND = Prompt(system="Tell.", user="What?", schema=SCHEMA)


def _make_prices() -> Check:
    return _check_prices


def _say(outcome: str, is_right: bool) -> str:
    assert is_right, f"a wrong way to say: {outcome}"
    return outcome


def _check_prices(data: bytes) -> str:
    """The first byte says whose answer it is."""
    source = SOURCES[(data[:1] or b"\0")[0] % len(SOURCES)]
    try:
        candles = source.read(data[1:], "BTC")
    except SourceFailed as error:
        return _say(f"{source.name} refused", len(error.detail) <= 250)
    believed = judge(candles, {}, NOW, 20.0).accepted
    assert all(math.isfinite(one.close) and 0 < one.low <= one.close <= one.high for one in believed)
    assert list(believed) == sorted(set(believed), key=lambda one: one.timestamp)
    return f"{source.name} {'believed' if believed else 'read'}"


def _make_wrapped() -> Check:
    return _check_wrapped


def _check_wrapped(data: bytes) -> str:
    try:
        text = unwrap("stranger", data.decode("utf-8", "replace"))
    except ProviderFailed as error:
        return _say("refused", error.failure == "bad_answer")
    assert isinstance(text, str)
    return "accepted"


class _Canned:
    """Answers every question with the input at hand, inside of the process."""

    def __init__(self) -> None:
        self.status, self.body, self.kind = 200, b"", "application/json"

    def __call__(self, _request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(self.status, content=self.body, headers={"content-type": self.kind})


def _make_providers() -> Check:
    canned = _Canned()
    loop = asyncio.new_event_loop()
    ask = loop.run_until_complete(_open_providers(canned))

    def check(data: bytes) -> str:
        """The first byte chooses provider and manner, and whether the status is one of failure."""
        choice = (data[:1] or b"\0")[0]
        canned.status = (200, 200, 200, 429, 500, 401, 302, 204)[choice >> 5]
        canned.body = data[1:]
        name, work = ask[choice % len(ask)]
        canned.kind = "text/event-stream" if "stream" in name else "application/json"
        return f"{name} {loop.run_until_complete(_outcome(work))}"

    return check


async def _open_providers(canned: _Canned) -> list[tuple[str, Callable[[], Awaitable[Completion]]]]:
    openai = OpenAICompatible(
        "http://llm.example/v1", "m", SecretStr("k"), takes_grammar=False, timeout_seconds=5.0
    )
    gemini = Gemini("gemini-2.5-flash", SecretStr("k"), timeout_seconds=5.0, url="http://llm.example")
    for client in (openai._client._client, gemini._http):
        client._transport = httpx2.MockTransport(canned)
        client._mounts = {}
    return [
        ("openai", lambda: openai.complete(PLAIN)),
        ("openai schema", lambda: openai.complete(BOUND)),
        ("openai stream", lambda: _stream(openai)),
        ("gemini", lambda: gemini.complete(BOUND)),
        ("gemini stream", lambda: _stream(gemini)),
    ]


async def _stream(provider: Provider) -> Completion:
    said = ""
    async for piece in provider.stream(PLAIN):
        if isinstance(piece, Completion):
            assert piece.text == said.strip()
            return piece
        said += piece
    raise AssertionError("the stream ended without its whole")


async def _outcome(work: Callable[[], Awaitable[Completion]]) -> str:
    try:
        completion = await work()
    except ProviderFailed as error:
        return _say(error.failure, error.failure not in ("timeout", "connection"))
    assert 0 < len(completion.text) <= MOST_TEXT_CHARACTERS
    assert min(completion.prompt_tokens, completion.completion_tokens) >= 0
    msgspec.json.encode(completion)
    return "accepted"


_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
_SAID = '{"analysis": "It rose."}'


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _openai(**choice: Any) -> bytes:
    return _json({"model": "m", "choices": [{"index": 0, **choice}], "usage": _USAGE})


def _events(*documents: bytes) -> bytes:
    return b"".join(b"data: " + document + b"\n\n" for document in documents)


_OPENAI = _openai(message={"role": "assistant", "content": _SAID}, finish_reason="stop")
_PARTS = _events(
    _openai(delta={"content": "It rose."}, finish_reason=None),
    _openai(delta={}, finish_reason="stop"),
    _json({"choices": [], "usage": _USAGE}),
    b"[DONE]",
)
_GEMINI = _json(
    {
        "candidates": [{"content": {"role": "model", "parts": [{"text": _SAID}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120},
    }
)
_CANDLES = (
    b"\x00[[1767312000,98.5,101.5,99,100.25,12.5],[1767315600,99,102,100.25,101,3]]",
    b'\x01{"error":[],"result":{"XXBTZUSD":[[1767312000,"99","101.5","98.5","100.25","100","12.5",7]],"last":1767312000}}',
    b'\x02[[1767312000000,"99","101.5","98.5","100.25","12.5",1767315599999,"1250.1",7,"1","1","0"]]',
)
TARGETS = (
    Target(name="prices", make=_make_prices, seeds=_CANDLES, words=(b'"1e999"', b'"nan"', b"1e300")),
    Target(
        name="schema-answer",
        make=_make_wrapped,
        seeds=(b'{"analysis": "It rose."}', b'{"analysis": "\\u00e9", "more": [1]}', b"```json\n{}\n```"),
        words=(b'"analysis":',),
    ),
    Target(
        name="providers",
        make=_make_providers,
        seeds=(
            *(b"\x00" + _OPENAI, b"\x01" + _OPENAI, b"\x02" + _PARTS, b"\x03" + _GEMINI),
            *(b"\x04" + _events(_GEMINI), b"\x7d" + b'{"error":{"code":500,"message":"x"}}'),
        ),
        words=(
            *(b"data: ", b"\n\n", b'"finish_reason":', b'"length"', b'"content":', b'"parts":'),
            *(b'"retryDelay": "3s"', b"\\ud800"),
        ),
    ),
)
