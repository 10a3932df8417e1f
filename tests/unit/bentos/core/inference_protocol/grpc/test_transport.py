"""Calls over a real connection become exchanges, and their answers come back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio
import pytest

from bentos.core.admission import Admission
from bentos.core.asgi import App, Message, Receive, Scope, Send
from bentos.core.exchange import CLIENT_GONE
from bentos.core.inference_protocol.grpc.endpoints import METHODS, PROBES
from bentos.core.inference_protocol.grpc.transport import (
    MOST_DETAIL_CHARACTERS,
    Calls,
    to_headers,
    to_metadata,
)
from bentos.core.metrics import GRPC_METHOD, Metrics
from bentos.core.readiness import Readiness
from tests.support.grpc_calls import INFER
from tests.support.in_loop import in_loop

Asked = list[tuple[Scope, Message]]


@contextlib.asynccontextmanager
async def connected(calls: Calls) -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((calls,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


def make_calls(app: App, admission: Admission | None = None) -> Calls:
    return Calls(app, Metrics(Readiness()), admission or Admission())


def answering(status: int, content: bytes, headers: list[tuple[bytes, bytes]], asked: Asked) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append((scope, await receive()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app


async def refused(ask: Callable[[], Any]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await ask()
    return error.value


@in_loop
async def test_call_is_a_request_with_its_message_and_metadata() -> None:
    asked: Asked = []
    async with connected(make_calls(answering(200, b"pong", [(b"x-request-id", b"abc")], asked))) as channel:
        call = channel.unary_unary(INFER)(b"ping", metadata=(("x-api-key", "k"), ("other", "o")))
        assert await call == b"pong"
        assert [tuple(one) for one in await call.trailing_metadata()] == [("x-request-id", "abc")]
    ((scope, message),) = asked
    assert message == {"type": "http.request", "body": b"ping"}
    assert (scope["method"], scope["path"]) == (GRPC_METHOD, f"grpc:{INFER}")
    assert scope["headers"] == [(b"x-api-key", b"k")]


@in_loop
async def test_error_is_a_status_with_its_sentence_and_when_to_try_again() -> None:
    headers = [(b"retry-after", b"2"), (b"content-length", b"9"), (b"x-request-id", b"abc")]
    async with connected(make_calls(answering(503, "früh".encode(), headers, []))) as channel:
        error = await refused(lambda: channel.unary_unary(INFER)(b""))
    assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, "früh")
    assert dict(error.trailing_metadata()) == {"grpc-retry-pushback-ms": "2000", "x-request-id": "abc"}


@in_loop
async def test_long_sentence_is_cut_so_that_clients_take_it() -> None:
    async with connected(make_calls(answering(422, "é".encode() * 9000, [], []))) as channel:
        error = await refused(lambda: channel.unary_unary(INFER)(b""))
    assert error.details() == "é" * MOST_DETAIL_CHARACTERS


@in_loop
async def test_caller_that_is_refused_need_not_be_read() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b"no key"})

    async with connected(make_calls(app)) as channel:
        error = await refused(lambda: channel.unary_unary(INFER)(b"x" * 3_000_000))
    assert error.code() == grpc.StatusCode.UNAUTHENTICATED


@in_loop
async def test_unknown_method_is_not_implemented() -> None:
    asked: Asked = []
    async with connected(make_calls(answering(200, b"", [], asked))) as channel:
        error = await refused(lambda: channel.unary_unary("/inference.GRPCInferenceService/Other")(b""))
    assert (error.code(), asked) == (grpc.StatusCode.UNIMPLEMENTED, [])


@in_loop
async def test_stream_without_a_message_is_an_empty_body() -> None:
    asked: Asked = []
    async with connected(make_calls(answering(200, b"", [], asked))) as channel:
        call = channel.stream_unary(INFER)()
        await call.done_writing()
        await call
    assert asked[0][1]["body"] == b""


@in_loop
async def test_client_that_leaves_is_counted() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            asyncio.get_running_loop().call_soon(ended.set)

    metrics = Metrics(Readiness())
    series = metrics.series(INFER, GRPC_METHOD)
    async with connected(Calls(app, metrics, Admission())) as channel:
        call = channel.unary_unary(INFER)(b"")
        await begun.wait()
        call.cancel()
        await ended.wait()
    assert dict(series.codes) == {CLIENT_GONE: 1}


@in_loop
async def test_more_calls_than_may_be_under_way_are_refused_but_probes_are_not() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        entered.set()
        await leave.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    admission = Admission(most_in_flight=1)
    calls = make_calls(app, admission)
    async with connected(calls) as channel:
        first = channel.unary_unary(INFER)(b"")
        await entered.wait()
        error = await refused(lambda: channel.unary_unary(INFER)(b""))
        probes = [channel.unary_unary(method)(b"") for method in sorted(PROBES)]
        leave.set()
        assert [await first, *[await probe for probe in probes]] == [b""] * (1 + len(PROBES))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert dict(error.trailing_metadata()) == {"grpc-retry-pushback-ms": "1000"}
    shed = [
        sample.value
        for family in admission.collect()
        for sample in family.samples
        if sample.labels == {"reason": "in_flight"}
    ]
    assert (shed, calls.answered) == ([1], 2 + len(PROBES))


def test_only_metadata_that_mean_something_are_passed_on() -> None:
    given = (("x-request-id", "a"), ("content-length", "b"), ("authorization", b"\xff"), ("expect", "c"))
    assert to_headers(given) == [(b"x-request-id", b"a"), (b"authorization", b"\xff")]
    assert to_metadata([(b"connection", b"close")]) == ()


def test_probes_are_methods() -> None:
    assert PROBES < METHODS
