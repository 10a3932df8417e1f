"""Answers that come piece by piece, and all the ways in which they end."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from bentos.core import streaming
from bentos.core.asgi import Message
from bentos.core.errors import DependencyUnavailable
from bentos.core.exchange import ClientGone
from bentos.core.gateway import Gateway
from bentos.core.headers import ResponseHeads, security_headers
from bentos.core.metrics import Metrics
from bentos.core.readiness import Readiness
from bentos.core.routing import Route
from bentos.core.streaming import Event, StreamEndpoint
from bentos.core.workers import Workers
from tests.support.asking import Reply, ask
from tests.support.exchanges import Sent, exchange

RINGS = "/api/v1/rings"


def frames(content: bytes) -> list[tuple[str, Any]]:
    """Return the name and the data of each event; comments are left out."""
    found = []
    for frame in content.decode().removesuffix("\n\n").split("\n\n"):
        if frame and not frame.startswith(":"):
            name, data = frame.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def codes(gateway: Gateway) -> dict[int, int]:
    return dict(gateway.metrics.series(RINGS, "GET").codes)


def ending(run: Callable[[], Reply]) -> tuple[Reply, list[str]]:
    """Return what came back, and what was logged."""
    with capture_logs() as logs:
        return run(), [line["event"] for line in logs]


def stream_of(handler: Callable[..., Any]) -> StreamEndpoint:
    route = Route(method="GET", path="/x", handler=handler, answer={"a": int}, summary="", streams=True)
    return StreamEndpoint(route, Metrics(Readiness()), Workers(1), ResponseHeads().make(None))


def test_events_come_in_order_under_their_names(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", f"{RINGS}?rings=2", headers={"accept-language": "fr"})
    assert reply.status == 200
    assert reply.content == (
        b'event: ring\ndata: {"number":0,"language":"fr"}\n\n'
        b'event: ring\ndata: {"number":1,"language":"fr"}\n\n'
    )
    assert codes(gateway) == {200: 1}


def test_stream_is_neither_stored_nor_buffered_and_names_its_request(gateway: Gateway) -> None:
    headers = ask(gateway, "GET", RINGS, headers={"x-request-id": "mine"}).headers
    assert (headers["content-type"], headers["x-accel-buffering"]) == ("text/event-stream", "no")
    assert (headers["cache-control"], headers["x-request-id"]) == ("no-store", "mine")
    assert {name.decode() for name, _ in security_headers()} <= set(headers)
    assert "content-length" not in headers


def test_head_starts_no_stream(gateway: Gateway) -> None:
    reply, logged = ending(lambda: ask(gateway, "HEAD", RINGS))
    assert (reply.status, reply.content, reply.headers["content-type"]) == (200, b"", "text/event-stream")
    assert logged == []


def test_stream_without_events_is_an_empty_answer(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", f"{RINGS}?rings=0")
    assert (reply.status, reply.content) == (200, b"")


def test_bad_parameter_is_refused_before_anything_begins(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", f"{RINGS}?rings=x")
    assert (reply.status, reply.json["errors"][0]["field"]) == (422, "rings")


def test_refusal_before_the_first_event_is_a_problem_document(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", f"{RINGS}?refused_at=0")
    assert (reply.status, reply.headers["retry-after"]) == (503, "7")
    assert reply.json["type"] == "urn:ekiben:problem:dependency-unavailable"
    assert codes(gateway) == {503: 1}


def test_fault_before_the_first_event_is_a_problem_document_without_detail(gateway: Gateway) -> None:
    reply, logged = ending(lambda: ask(gateway, "GET", f"{RINGS}?faulty_at=0"))
    assert (reply.status, reply.headers["content-type"]) == (500, "application/problem+json")
    assert b"secret" not in reply.content
    assert "A request failed" in logged


def test_refusal_later_is_a_last_event_and_counts_as_a_failure(gateway: Gateway) -> None:
    reply, logged = ending(lambda: ask(gateway, "GET", f"{RINGS}?refused_at=1"))
    assert reply.status == 200
    (_, ring), (name, problem) = frames(reply.content)
    assert (ring["number"], name) == (0, "error")
    assert (problem["status"], problem["detail"]) == (503, "There is no water.")
    assert codes(gateway) == {503: 1}
    assert logged == ["Growing ended", "Request answered"]


def test_fault_later_is_a_last_event_without_detail_and_is_logged(gateway: Gateway) -> None:
    reply, logged = ending(lambda: ask(gateway, "GET", f"{RINGS}?faulty_at=1"))
    assert frames(reply.content)[-1][1]["type"] == "urn:ekiben:problem:internal-failure"
    assert b"secret" not in reply.content
    assert codes(gateway) == {500: 1}
    assert "A stream failed" in logged


@pytest.mark.parametrize("pause", ["first_pause_seconds", "pause_seconds"])
def test_stream_is_closed_when_the_client_leaves(gateway: Gateway, pause: str) -> None:
    _, logged = ending(lambda: ask(gateway, "GET", f"{RINGS}?{pause}=3600", disconnects=True))
    assert "Growing ended" in logged
    assert codes(gateway) == {499: 1}


def test_quiet_stream_shows_that_it_lives_once_it_has_begun(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 0.01)
    reply = ask(gateway, "GET", f"{RINGS}?rings=2&first_pause_seconds=0.1&pause_seconds=0.1")
    assert reply.content.startswith(b"event: ring\n")
    assert reply.content.count(b":\n\n") > 2
    assert [name for name, _ in frames(reply.content)] == ["ring", "ring"]


def test_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 0.01)
    closed: list[bool] = []

    async def count() -> AsyncIterator[Event]:
        try:
            while True:
                yield Event("a", 1)
        finally:
            closed.append(True)

    class Full(Sent):
        async def send(self, message: Message) -> None:
            await super().send(message)
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

    async def main() -> None:
        asked = exchange(sent=Full())
        asked.receive = _never
        await stream_of(count).serve(asked)

    with pytest.raises(ClientGone):
        asyncio.run(main())
    assert closed == [True]


async def _never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def test_handler_that_does_not_let_itself_be_stopped_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "CLOSE_SECONDS", 0.01)

    async def count() -> AsyncIterator[Event]:
        released = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.2, released.set_result, None)
        yield Event("a", 1)
        while not released.done():
            try:
                await asyncio.shield(released)
            except asyncio.CancelledError:
                continue

    async def main() -> bool:
        before = asyncio.all_tasks()
        with pytest.raises(ClientGone):
            await stream_of(count).serve(exchange())
        left = asyncio.all_tasks() - before
        await asyncio.wait(left)
        return bool(left)

    assert asyncio.run(main())


def test_error_while_a_left_stream_is_closed_is_logged() -> None:
    async def count() -> AsyncIterator[Event]:
        try:
            yield Event("a", 1)
            await asyncio.Event().wait()
        finally:
            raise ZeroDivisionError

    async def main() -> None:
        asked = exchange()
        asked.receive = _leave_later
        await stream_of(count).serve(asked)

    with capture_logs() as logs, pytest.raises(ClientGone):
        asyncio.run(main())
    assert [line["event"] for line in logs] == ["A stream failed"]


async def _leave_later() -> Message:
    await asyncio.sleep(0.05)
    return {"type": "http.disconnect"}


class Numbers:
    """An iterator that is no generator: there is nothing to close."""

    def __init__(self) -> None:
        self._left = [1]

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        if not self._left:
            raise StopAsyncIteration
        return Event("a", self._left.pop())


async def later() -> AsyncIterator[Event]:
    await asyncio.sleep(0)
    return Numbers()


@pytest.mark.parametrize("handler", [Numbers, later])
def test_handler_may_return_any_iterator_now_or_later(handler: Callable[[], Any]) -> None:
    sent = Sent()

    async def main() -> None:
        asked = exchange(sent=sent)
        asked.receive = _never
        await stream_of(handler).serve(asked)

    asyncio.run(main())
    assert sent.content == b"event: a\ndata: 1\n\n"
    assert [message.get("more_body") for message in sent] == [None, True, False]


def test_refusal_of_the_handler_itself_reaches_the_gateway() -> None:
    def refuse() -> AsyncIterator[Event]:
        raise DependencyUnavailable

    async def main() -> None:
        asked = exchange()
        asked.receive = _never
        await stream_of(refuse).serve(asked)

    with pytest.raises(DependencyUnavailable):
        asyncio.run(main())
