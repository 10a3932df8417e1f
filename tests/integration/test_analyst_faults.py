"""The analyst beside a language model that misbehaves in every known way: callers hardly notice."""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from bentos.analyst.checks import check_text, have_passed
from bentos.analyst.facts import compute_facts
from bentos.analyst.reading_along import PAUSE_SECONDS
from bentos.analyst.wording import Language
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import until
from tests.support.analyst_service import analyst_environment, sample_of
from tests.support.callers import Caller, Told, ask_all
from tests.support.misbehaving_llm import Behaviour, MisbehavingLlm, misbehaving_llm
from tests.support.serving import ServerProcess, serving
from tests.support.tiny_analyst import (
    SYMBOLS,
    fill,
    make_analyst_package,
    tiny_candles,
    tiny_prompts,
    truthful,
)

REQUESTS = int(os.environ.get("FAULT_REQUESTS", "1000"))
SPARE_SECONDS = float(os.environ.get("FAULT_SPARE_SECONDS", "4"))
"""On top of the deadline. `FAULT_REQUESTS=10000 FAULT_SPARE_SECONDS=0.1` is the strict run, for a machine
with nothing else to do; less than the time of a call shows that nobody waits for the model."""
CALLERS = 20
MOST_WINDOW = 60
DEADLINE_SECONDS = 2.0
MOST_SECONDS = DEADLINE_SECONDS + SPARE_SECONDS
BREAKER_FAILURES = 5
SETTINGS = {
    "deadline_seconds": DEADLINE_SECONDS,
    "call_seconds": 8,
    "breaker_failures": BREAKER_FAILURES,
    "breaker_seconds": 0.5,
    "windows": "24",
}
BAD_LIMITS = ("limit=0", "limit=1001", "limit=x")
UNBROKEN = {"breaker_failures": 1_000_000, "calls_at_once": 8, "daily_tokens": 10**9}
"""Settings under which nothing keeps the model from misbehaving."""
BEHAVIOURS: Sequence[Behaviour] = get_args(Behaviour)
SCALES = [1.01 + number / 100 for number, _ in enumerate(BEHAVIOURS)]
"""Of the prices under each behaviour; before the first they are at 1."""


@pytest.fixture
def llm() -> Iterator[MisbehavingLlm]:
    with misbehaving_llm() as served:
        served.answer = truthful()
        served.slow_seconds = 3.0
        yield served


@pytest.fixture
def process(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sqlite_settings: DatabaseSettings,
    llm: MisbehavingLlm,
) -> Iterator[ServerProcess]:
    """The service, with more settings if a test has some."""
    asyncio.run(fill(sqlite_settings))
    settings = {**SETTINGS, **getattr(request, "param", {})}
    environment = analyst_environment(make_analyst_package(tmp_path), sqlite_settings, llm, **settings)
    with serving(environment, "analyst") as running:
        yield running


def draw_paths(count: int, generator: np.random.Generator) -> list[str]:
    """Return questions of every kind; windows are drawn anew, so that many texts are in nobody's memory."""
    return [draw_path(generator) for _ in range(count)]


def draw_path(generator: np.random.Generator) -> str:
    symbol, language = generator.choice(["BTC", "ETH"]), generator.choice(["en", "fr"])
    question = f"limit={generator.integers(2, MOST_WINDOW)}&symbol={symbol}&lang={language}"
    kinds = {
        f"/price-analysis?{question}": 50,
        f"/price-analysis/stream?{question}": 10,
        "/price-analysis": 10,
        f"/price-history?limit={generator.integers(1, 100)}": 10,
        "/latest-news": 10,
        f"/price-analysis?{generator.choice(BAD_LIMITS)}": 5,
        "/price-analysis?symbol=NONE": 5,
    }
    shares = np.array(list(kinds.values())) / 100
    return str(generator.choice(list(kinds), p=shares))


def expected_status(path: str) -> int:
    if path.endswith("NONE"):
        return 404
    return 422 if path.endswith(BAD_LIMITS) else 200


def analysis_of(told: Told) -> dict[str, object] | None:
    """Return the analysis in an answer, if it has one."""
    if told.status != 200 or not told.path.startswith("/price-analysis"):
        return None
    found: dict[str, object] = told.events[-1][1] if told.events else told.json
    return found


def is_true(told: Told, scale: float) -> bool:
    """Return whether the text that a caller got is true about the prices at this scale."""
    found = analysis_of(told)
    if found is None:
        return True
    language: Language = "fr" if found["language"] == "fr" else "en"
    window = found["window"]
    assert isinstance(window, int)
    facts = compute_facts(tiny_candles(str(found["symbol"]), window, scale))
    return have_passed(check_text(str(found["analysis"]), facts, language, tiny_prompts()))


def knows(process: ServerProcess, scale: float) -> bool:
    """Return whether the service has read the prices at this scale."""
    wanted = [tiny_candles(symbol, 1, scale)[0].close for symbol in SYMBOLS]
    paths = [f"/price-history?limit=1&symbol={symbol}" for symbol in SYMBOLS]
    return [process.ask("GET", path).json[0]["close"] for path in paths] == wanted


async def misbehave(
    process: ServerProcess, database: DatabaseSettings, llm: MisbehavingLlm
) -> dict[Behaviour, list[Told]]:
    """Return the answers to as many questions under each behaviour, each time about new prices."""
    generator = np.random.default_rng(5)
    told: dict[Behaviour, list[Told]] = {}
    for number, behaviour in enumerate(BEHAVIOURS):
        scale = SCALES[number]
        llm.answer, llm.behaviour = truthful(scale), behaviour
        await fill(database, scale)
        await until(partial(knows, process, scale))
        share = -(-REQUESTS // len(BEHAVIOURS))
        told[behaviour] = await ask_all(process, draw_paths(share, generator), CALLERS)
    return told


@pytest.mark.parametrize("process", [UNBROKEN], indirect=True)
def test_every_caller_is_answered_in_time_and_with_the_truth(
    process: ServerProcess, sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    told = asyncio.run(misbehave(process, sqlite_settings, llm))
    everything = [one for some in told.values() for one in some]
    assert len(everything) >= REQUESTS
    assert [(one.status, one.path) for one in everything if one.status != expected_status(one.path)] == []
    assert [(one.first_seconds, one.path) for one in everything if one.first_seconds > MOST_SECONDS] == []
    assert [(one.seconds, one.path) for one in everything if one.seconds > MOST_SECONDS + _pause(one)] == []
    for scale, answers in zip(SCALES, told.values(), strict=True):
        assert [one for one in answers if not is_true(one, scale)] == []
    sources = Counter(found["source"] for found in map(analysis_of, everything) if found is not None)
    assert set(sources) == {"llm", "stored", "fallback"}
    process.signal()
    assert process.exit_code() == 0
    assert [event for event in process.events if event["level"] == "error" or "exception" in event] == []


def _pause(told: Told) -> float:
    """Return how much later the end of an answer may be: a stream that has begun may pause."""
    return PAUSE_SECONDS if told.events else 0.0


def test_breaker_opens_after_failures_in_a_row_and_closes_after_an_answer(
    process: ServerProcess, llm: MisbehavingLlm
) -> None:
    async def work() -> None:
        caller = Caller(process)
        llm.behaviour = "server_error"
        for limit in range(100, 100 + BREAKER_FAILURES):
            assert (await caller.get(f"/price-analysis?limit={limit}")).json["source"] == "fallback"
        await until(lambda: sample_of(process, "ekiben_analyst_breaker_open") == 1)
        llm.behaviour = "well"
        for limit in itertools.count(200):
            # Each new question is a call that may find out that the model is back.
            await caller.get(f"/price-analysis?limit={limit}")
            if sample_of(process, "ekiben_analyst_breaker_open") == 0:
                break
        await caller.close()

    asyncio.run(work())
    outcomes = {"outcome": "server"}
    assert sample_of(process, "ekiben_analyst_provider_calls_total", outcomes) >= BREAKER_FAILURES


def test_text_comes_after_all_once_the_model_is_back(process: ServerProcess, llm: MisbehavingLlm) -> None:
    llm.behaviour = "reset"
    path = "/price-analysis?limit=77"
    assert process.ask("GET", path).json["source"] == "fallback"
    llm.behaviour = "well"
    asyncio.run(until(lambda: process.ask("GET", path).json["source"] == "stored"))


def test_one_trace_leads_from_the_caller_to_the_model(process: ServerProcess, llm: MisbehavingLlm) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X-Request-ID": "caller-1"}
    process.ask("GET", "/price-analysis?limit=88", headers=headers)
    asyncio.run(until(lambda: any(trace in one.headers.get("traceparent", "") for one in llm.asked)))
    asyncio.run(until(lambda: any(event.get("trace_id") == trace for event in process.events)))
    (line,) = [event for event in process.events if event.get("trace_id") == trace]
    assert (line["event"], line["request_id"]) == ("Language model asked", "caller-1")
