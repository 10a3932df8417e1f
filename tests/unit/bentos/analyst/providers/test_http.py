import asyncio
import math
import time
from email.utils import formatdate

import httpx2
import pytest

from bentos.analyst.providers.http import (
    MOST_ANSWER_BYTES,
    AnswerTooLong,
    failure_of_status,
    make_http_client,
    read_retry_after,
    trace_headers,
)
from bentos.core.asgi import Message
from bentos.core.exchange import CURRENT, Exchange
from tests.support.misbehaving_llm import MisbehavingLlm, misbehaving_llm


async def _post(llm: MisbehavingLlm) -> httpx2.Response:
    async with make_http_client(60.0) as client:
        return await client.post(f"{llm.url}/chat/completions", json={})


def test_a_short_answer_is_read() -> None:
    with misbehaving_llm() as llm:
        llm.answer = lambda _asked: "a" * (MOST_ANSWER_BYTES // 2)
        assert asyncio.run(_post(llm)).json()["choices"]


@pytest.mark.parametrize("behaviour", ["huge", "packed"])
def test_an_answer_is_not_read_that_is_long_or_hides_its_length(behaviour: str) -> None:
    with misbehaving_llm() as llm:
        llm.behaviour = "huge" if behaviour == "huge" else "packed"
        with pytest.raises(AnswerTooLong):
            asyncio.run(_post(llm))


def test_a_redirect_is_not_followed() -> None:
    with misbehaving_llm() as llm:
        llm.behaviour = "moved"
        assert asyncio.run(_post(llm)).status_code == 307
    assert len(llm.asked) == 1


@pytest.mark.parametrize(
    ("status", "failure"),
    [(429, "rate_limited"), (500, "server"), (503, "server"), (401, "refused"), (307, "refused")],
)
def test_a_status_means_one_failure(status: int, failure: str) -> None:
    assert failure_of_status(status) == failure


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        (" 1.5 ", 1.5),
        ("0", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_none(text: str, seconds: float | None) -> None:
    assert read_retry_after({"retry-after": text}) == seconds


def test_retry_after_may_be_a_date() -> None:
    seconds = read_retry_after({"retry-after": formatdate(time.time() + 3600, usegmt=True)})
    assert seconds is not None
    assert math.isclose(seconds, 3600, abs_tol=600)
    assert read_retry_after({"retry-after": formatdate(time.time() - 3600, usegmt=True)}) is None


def test_a_call_is_part_of_the_trace_of_its_request() -> None:
    async def receive() -> Message:
        return {}

    async def send(_message: Message) -> None:
        """Nobody reads it."""

    assert trace_headers() == {}
    exchange = Exchange({"headers": [], "method": "GET"}, receive, send)
    token = CURRENT.set(exchange)
    try:
        assert trace_headers() == {
            "traceparent": exchange.trace.traceparent(),
            "X-Request-ID": exchange.request_id.decode(),
        }
    finally:
        CURRENT.reset(token)
