"""The embedded model in its own process, asked as the analyst asks it."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.providers.chain import Chain, NoAnswer
from bentos.analyst.providers.make import make_chain
from bentos.analyst.settings import AnalystSettings
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import until
from tests.support.analyst_service import analyst_environment
from tests.support.scripted_provider import Notes
from tests.support.serving import ServerProcess, serving
from tests.support.tiny_analyst import fill, make_analyst_package

PROMPT = Prompt(
    system="You explain prices in one sentence.",
    user="The price rose by 2 percent.",
    most_tokens=24,
    grammar='root ::= "The price " ("rose" | "fell") " by " [0-9] " percent."',
)
AMPLE_SECONDS = 240.0
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@contextmanager
def _running(**environment: str) -> Iterator[tuple[ServerProcess, str]]:
    """The process once it is ready, and the address of its API."""
    settings = {"EKIBEN_LLM_PORT": "0", "EKIBEN_LLM_CONTEXT_TOKENS": "512", **environment}
    process = ServerProcess([sys.executable, "-m", "bentos.analyst.llm"], settings)
    try:
        line: dict[str, Any] = json.loads(process.wait_for('"event":"Ready"'))
        process.port = int(line["address"].rpartition(":")[2])
        yield process, line["address"]
    finally:
        process.close()


def _chain(address: str, notes: Notes, **settings: object) -> Chain:
    return make_chain(
        AnalystSettings.model_validate({"openai_url": f"{address}/v1", "call_seconds": 300.0, **settings}),
        notes,
    )


def test_it_writes_what_the_grammar_allows_in_whole_and_in_pieces_and_stops_on_a_signal() -> None:
    notes = Notes()

    async def ask(address: str) -> tuple[Completion, str, Completion]:
        chain = _chain(address, notes)
        _, whole = await chain.complete(PROMPT, AMPLE_SECONDS)
        pieces: list[str] = []
        last: object = None
        async with aclosing(chain.stream(PROMPT, AMPLE_SECONDS)) as stream:
            async for piece in stream:
                if isinstance(piece, str):
                    pieces.append(piece)
                else:
                    last = piece[1]
        await chain.close()
        assert isinstance(last, Completion)
        return whole, "".join(pieces), last

    with _running() as (process, address):
        assert process.ask("GET", "/health").json == {"status": "ok"}
        whole, streamed, last = asyncio.run(ask(address))
        process.signal()
        assert process.exit_code() == 0
    assert whole.text.startswith("The price ")
    assert whole.text.endswith(" percent.")
    assert (streamed, last.text) == (whole.text, whole.text), "the likeliest words are always the same"
    assert min(whole.prompt_tokens, whole.completion_tokens, last.completion_tokens) > 5
    assert notes.outcomes == ["ok", "ok"]
    assert process.events[-1]["event"] == "Stopped"


def test_one_trace_is_in_the_logs_of_the_service_and_of_the_model(
    sqlite_settings: DatabaseSettings, tmp_path: Path
) -> None:
    asyncio.run(fill(sqlite_settings))
    ids = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Request-ID": "caller-1"}
    with _running(EKIBEN_LLM_CONTEXT_TOKENS="1536") as (model, address):
        environment = analyst_environment(
            make_analyst_package(tmp_path), sqlite_settings, openai_url=f"{address}/v1", windows="2"
        )
        environment |= {"EKIBEN_LOG_ACCESS_SAMPLE": "1", "EKIBEN_ANALYST_PROVIDERS": "openai"}
        environment |= {"EKIBEN_ANALYST_CALL_SECONDS": "300"}
        with serving(environment, "analyst") as service:
            assert service.ask("GET", "/price-analysis?limit=30", headers=ids).status == 200
            asyncio.run(until(lambda: "Language model asked" in _told(service)))
            assert _told(service) >= {"Request answered", "Language model asked"}
        asyncio.run(until(lambda: "Request answered" in _told(model)))
    (line, *_) = [event for event in model.events if event.get("trace_id") == TRACE]
    assert (line["request_id"], line["path"], line["status"]) == ("caller-1", "/v1/chat/completions", 200)


def _told(process: ServerProcess) -> set[str]:
    """Return what a process has said about the trace."""
    return {event["event"] for event in process.events if event.get("trace_id") == TRACE}


def test_who_has_no_key_is_refused_and_the_key_is_told_nobody() -> None:
    notes = Notes()

    async def ask(address: str) -> str:
        chain = _chain(address, notes)
        with pytest.raises(NoAnswer) as caught:
            await chain.complete(PROMPT, AMPLE_SECONDS)
        await chain.close()
        return str(caught.value)

    with _running(EKIBEN_LLM_KEY="a-key-of-a-test") as (process, address):
        assert asyncio.run(ask(address)) == "openai: refused: HTTP 401"
    assert "a-key-of-a-test" not in "\n".join(process.text)
