"""The short way answers what the long way answers, byte for byte."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bentos.core.asgi import Receive, Scope, Send
from bentos.core.auth import KeyRing
from bentos.core.endpoints import INLINE_BODY_BYTES
from bentos.core.exchange import CLIENT_GONE
from bentos.core.gateway import Gateway
from bentos.core.model import LoadedModel
from bentos.core.protocol import open_door
from bentos.core.server import Server
from bentos.core.short_way import ShortWay
from tests.support.conversations import Streams, talk
from tests.support.tiny.definition import DEFINITION, FAULTY_HEIGHT, FORBIDDEN_HEIGHT

PATH = "/api/v1/leaf"
JSON = "Content-Type: application/json"
GOOD = b'{"height": 12.5, "width": 3.5}'
END = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-ID: the-end\r\nConnection: close\r\n\r\n"
"""Is answered last, and then the connection is closed."""


def request(
    body: bytes = GOOD, *lines: str, target: str = PATH, method: str = "POST", version: str = "1.1"
) -> bytes:
    """One request that declares its length."""
    head = (f"{method} {target} HTTP/{version}", "Host: a", *(lines or (JSON,)))
    return "\r\n".join((*head, f"Content-Length: {len(body)}", "", "")).encode() + body


def in_chunks(*parts: bytes) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\n{JSON}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))


ORDINARY = {
    "an answer": request(),
    "an id of the caller's": request(GOOD, JSON, "X-Request-ID: mine"),
    "a key": request(GOOD, JSON, "X-API-Key: a key"),
    "a charset": request(GOOD, "Content-Type: application/json; charset=utf-8"),
    "a body in chunks": in_chunks(GOOD[:9], GOOD[9:]),
}
FAULTY = {
    "no JSON": request(b"{"),
    "no body": request(b""),
    "a wrong field": request(b'{"height": "high", "width": 1}'),
    "an unknown field": request(b'{"height": 1, "width": 1, "depth": 1}'),
    "no Content-Type": request(GOOD, "Accept: */*"),
    "another Content-Type": request(GOOD, "Content-Type: text/plain"),
    "a compressed body": request(GOOD, JSON, "Content-Encoding: gzip"),
    "an unknown value": request(b'{"height": %f, "width": 1}' % FORBIDDEN_HEIGHT),
    "a fault of ours": request(b'{"height": %f, "width": 1}' % FAULTY_HEIGHT),
    "an unreadable id": request(GOOD, JSON, "X-Request-ID: " + "x" * 200),
    "a body that is too large": request(b" " * 2000),
    "a body that is far too large": request(b" " * (INLINE_BODY_BYTES + 1)),
    "a large body in chunks": in_chunks(b" " * 3000, b" " * 3000),
    "a query": request(target=f"{PATH}?a=b"),
    "another method": request(method="PUT"),
    "another path": request(target="/nowhere"),
    "another route": request(b"", "Accept: */*", target="/livez", method="GET"),
}
LAST = {
    "the end of the connection": request(GOOD, JSON, "Connection: close"),
    "an old version": request(version="1.0"),
}
ALL = {**ORDINARY, **FAULTY, **LAST}


@pytest.fixture(scope="module")
def opened(tiny_model: LoadedModel) -> Gateway:
    gateway = Gateway(DEFINITION)
    gateway.open(tiny_model)
    return gateway


def answers(gateway: Gateway, pieces: list[bytes], shortly: bool) -> bytes:
    """Everything that comes back until the connection is closed, without what differs each time."""

    async def converse(_server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.005 if len(pieces) > 1 else 0)
        return await reader.read()

    return without_ids(talk(converse, open_door(gateway.quick if shortly else None), gateway))


def without_ids(found: bytes) -> bytes:
    known = rb"(?m)^(x-request-id: (?!mine|the-end)|date: ).*$"
    named = rb'"(request_id|instance)":"[^"]*"'
    return re.sub(named, b"", re.sub(known, b"", found))


@pytest.mark.parametrize("what", ALL)
def test_both_ways_answer_alike(opened: Gateway, what: str) -> None:
    sent = [ALL[what] + (b"" if what in LAST else END)]
    short = answers(opened, sent, shortly=True)
    assert short == answers(opened, sent, shortly=False)
    assert short.count(b"HTTP/1.1 ") == (1 if what in LAST else 2)


@pytest.mark.parametrize(
    "what", [*ORDINARY, "a wrong field", "a fault of ours", "a body that is far too large"]
)
def test_request_in_pieces_is_answered_as_a_whole_one(opened: Gateway, what: str) -> None:
    whole = ALL[what]
    for cut in (10, whole.index(b"\r\n\r\n") + 2, whole.index(b"\r\n\r\n") + 4, len(whole) - 1):
        pieces = [whole[:cut], whole[cut:] + END]
        assert answers(opened, pieces, shortly=True) == answers(opened, pieces, shortly=False)


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_requests_behind_each_other_are_answered_in_their_order(opened: Gateway, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from([*ORDINARY, *FAULTY]), min_size=1, max_size=8))
    sent = b"".join([ALL[name] for name in names]) + END
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=3)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert answers(opened, pieces, shortly=True) == answers(opened, pieces, shortly=False)


def answers_of_one_round(gateway: Gateway, sent: list[bytes], shortly: bool) -> list[bytes]:
    """What each of some connections gets that all ask at the same time, without what differs each time."""

    async def converse(_server: Server, streams: Streams) -> list[bytes]:
        address = streams[1].get_extra_info("peername")[:2]
        connections = [await asyncio.open_connection(*address) for _ in sent]
        for (_, writer), request in zip(connections, sent, strict=True):
            writer.write(request)
        await asyncio.sleep(0.1)
        for _, writer in connections:
            writer.write(END)
        found = [await reader.read() for reader, _ in connections]
        for _, writer in connections:
            writer.close()
        return found

    found = talk(converse, open_door(gateway.quick if shortly else None), gateway)
    return [without_ids(one) for one in found]


@pytest.mark.parametrize(
    "names",
    [
        [*ORDINARY] * 12,
        [*ORDINARY, "an unknown value", "no JSON"] * 3,
        [*ORDINARY, *FAULTY],
    ],
    ids=["all good", "some refused", "some that fail"],
)
def test_requests_of_one_round_are_answered_like_others(opened: Gateway, names: list[str]) -> None:
    sent = [ALL[name] for name in names]
    assert answers_of_one_round(opened, sent, True) == answers_of_one_round(opened, sent, False)


def test_only_ordinary_requests_take_the_short_way(opened: Gateway) -> None:
    paths: list[str] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        paths.append(scope["path"])
        await opened(scope, receive, send)

    quick = opened.quick

    async def converse(_server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        for name in (*ORDINARY, "a query"):
            writer.write(ALL[name])
            await asyncio.sleep(0.02)
        writer.write(END)
        return await reader.read()

    talk(converse, open_door(quick), noting)
    assert paths == [PATH, "/livez"]


def test_both_ways_count_and_ask_for_a_key_alike(tiny_model: LoadedModel) -> None:
    counts = []
    for shortly in (True, False):
        gateway = Gateway(DEFINITION, KeyRing([bytes(32)]))
        gateway.open(tiny_model)
        unlocked = Gateway(DEFINITION)
        unlocked.open(tiny_model)
        for one in (gateway, unlocked):
            answers(one, [request() * 3 + FAULTY["no JSON"] + END], shortly)
            outcomes = dict(one.metrics.predictions.outcomes)
            counts.append((dict(one.metrics.series(PATH, "POST").codes), outcomes))
            one.close()
    assert counts[0] == counts[2] == ({401: 4}, {})
    assert counts[1] == counts[3]
    assert counts[1][0] == {200: 3, 422: 1} or counts[1][0] == {200: 3, 400: 1}


def wait_for_turn(opened: Gateway, meanwhile: Any) -> bytes:
    """Ask; when the request waits for its turn, do something to the connection; return what comes back."""

    async def converse(server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        loop = asyncio.get_running_loop()
        waited = opened.quick.wait

        def wait(connection: ShortWay, _loop: asyncio.AbstractEventLoop) -> None:
            meanwhile(connection, server)
            waited(connection, loop)

        opened.quick.wait = wait  # type: ignore[method-assign, assignment]
        try:
            writer.write(request())
            return await reader.read()
        finally:
            del opened.quick.wait

    found: bytes = talk(converse, open_door(opened.quick), opened)
    return found


def test_who_waits_is_answered_before_the_server_stops(opened: Gateway) -> None:
    found = wait_for_turn(opened, lambda connection, _server: connection.shutdown())
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close\r\n" in found


def test_client_that_was_not_told_of_the_end_keeps_its_connection(tiny_model: LoadedModel) -> None:
    gateway = Gateway(DEFINITION)
    gateway.open(tiny_model)
    concluded = gateway.quick.conclude

    def conclude(*arguments: Any) -> None:
        """Stand for a signal that comes after the answer was written."""
        concluded(*arguments)
        gateway.begin_stopping()

    gateway.quick.conclude = conclude  # type: ignore[method-assign, assignment]
    found = answers(gateway, [request(), request()], shortly=True)
    first, second = found.split(b"HTTP/1.1 200 OK")[1:]
    assert (b"connection: close" in first, b"connection: close" in second) == (False, True)
    gateway.close()


def test_client_that_left_counts_as_gone(opened: Gateway) -> None:
    before = opened.metrics.series(PATH, "POST").codes[CLIENT_GONE]
    assert wait_for_turn(opened, lambda connection, _server: connection.transport.close()) == b""
    assert opened.metrics.series(PATH, "POST").codes[CLIENT_GONE] == before + 1


def test_client_that_takes_nothing_is_answered_the_long_way(opened: Gateway) -> None:
    def stall(connection: ShortWay, _server: Server) -> None:
        connection.pause_writing()
        connection.loop.call_later(0.05, connection.resume_writing)
        connection.loop.call_later(0.3, connection.transport.close)

    assert wait_for_turn(opened, stall).startswith(b"HTTP/1.1 200 OK\r\n")
