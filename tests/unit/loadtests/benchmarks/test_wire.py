"""Costs are measured on a real server with clients of its own."""

import pytest

from bentos.core.asgi import Receive, Scope, Send
from loadtests.benchmarks.wire import do_nothing, plain_server, request_cost_seconds

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def work(scope: Scope, receive: Receive, send: Send) -> None:
    sum(range(100_000))
    await do_nothing(scope, receive, send)


async def refuse(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def test_request_costs_what_its_application_does() -> None:
    nothing = request_cost_seconds(plain_server(do_nothing), [GET], windows=4)
    something = request_cost_seconds(plain_server(work), [GET], windows=4)
    assert nothing == sorted(nothing)
    assert 0 < nothing[0] < something[0]


def test_refusals_are_not_taken_for_answers() -> None:
    with pytest.raises(RuntimeError, match="200"):
        request_cost_seconds(plain_server(refuse), [GET], windows=4)
