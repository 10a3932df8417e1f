"""The short way answers what the long way answers, byte for byte."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bentos.core.asgi import App, Receive, Scope, Send
from bentos.core.auth import KeyRing
from bentos.core.exchange import CLIENT_GONE, Exchange
from bentos.core.gateway import Gateway
from bentos.core.json_bodies import INLINE_BODY_BYTES
from bentos.core.model import LoadedModel
from bentos.core.protocol import open_door
from bentos.core.server import Server
from bentos.core.short_way import ShortWay
from tests.support import both_ways
from tests.support.both_ways import END, answers, answers_of_one_round, get
from tests.support.both_ways import JSON_TYPE as JSON
from tests.support.conversations import Streams, talk
from tests.support.tiny.definition import DEFINITION, FAULTY_HEIGHT, FORBIDDEN_HEIGHT

PATH = "/api/v1/leaf"
GOOD = b'{"height": 12.5, "width": 3.5}'


def request(body: bytes = GOOD, *lines: str, target: str = PATH, **more: str) -> bytes:
    """One request that declares its length."""
    return both_ways.request(body, *lines, target=target, **more)


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
READ = {
    "a list": get("/api/v1/trees"),
    "a list that ends early": get("/api/v1/trees?limit=2"),
    "a header": get("/api/v1/greeting", "Accept-Language: fr"),
    "an answer that is ready": get("/api/v1/season?month=2"),
}
"""Answered where they are read, without a body."""
ODD = {
    "an answer that is not ready": get("/api/v1/season?month=4"),
    "a fault in looking whether it is ready": get("/api/v1/season?month=13"),
    "a wrong parameter": get("/api/v1/season?month=may"),
    "an unknown parameter": get("/api/v1/trees?size=2"),
    "a parameter that comes twice": get("/api/v1/trees?limit=2&limit=3"),
    "an empty query": get("/api/v1/trees?"),
    "an escaped query": get("/api/v1/trees?limit=%32"),
    "an escaped path": get("/api/v1/tr%65es?limit=2"),
    "a fragment": get("/api/v1/trees?limit=2#limit=3"),
    "odd bytes in a query": get('/api/v1/trees?limit=2"<>'),
    "a whole address": get("http://a/api/v1/trees?limit=2"),
    "something away": get("/api/v1/soil"),
    "a head alone": get("/api/v1/trees", method="HEAD"),
    "methods": get("/api/v1/trees", method="OPTIONS"),
    "a variable in the path": get("/api/v1/trees/2"),
    "a body where none is taken": request(b"{}", target="/api/v1/trees", method="GET"),
}
LAST = {
    "the end of the connection": request(GOOD, JSON, "Connection: close"),
    "an old version": request(version="1.0"),
}
ALL = {**ORDINARY, **FAULTY, **READ, **ODD, **LAST}


@pytest.fixture(scope="module")
def opened(tiny_model: LoadedModel) -> Gateway:
    gateway = Gateway(DEFINITION)
    gateway.open(tiny_model)
    return gateway


@pytest.mark.parametrize("what", ALL)
def test_both_ways_answer_alike(opened: Gateway, what: str) -> None:
    sent = [ALL[what] + (b"" if what in LAST else END)]
    short = answers(opened, sent, shortly=True)
    assert short == answers(opened, sent, shortly=False)
    assert short.count(b"HTTP/1.1 ") == (1 if what in LAST else 2)


@pytest.mark.parametrize(
    "what",
    [
        *ORDINARY,
        *READ,
        "an answer that is not ready",
        "a wrong field",
        "a fault of ours",
        "a body that is far too large",
    ],
)
def test_request_in_pieces_is_answered_as_a_whole_one(opened: Gateway, what: str) -> None:
    whole = ALL[what]
    for cut in (10, whole.index(b"\r\n\r\n") + 2, whole.index(b"\r\n\r\n") + 4, len(whole) - 1):
        pieces = [whole[:cut], whole[cut:] + END]
        assert answers(opened, pieces, shortly=True) == answers(opened, pieces, shortly=False)


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_requests_behind_each_other_are_answered_in_their_order(opened: Gateway, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from([*ORDINARY, *FAULTY, *READ, *ODD]), min_size=1, max_size=8))
    sent = b"".join([ALL[name] for name in names]) + END
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=3)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert answers(opened, pieces, shortly=True) == answers(opened, pieces, shortly=False)


@pytest.mark.parametrize(
    "names",
    [
        [*ORDINARY] * 12,
        [*ORDINARY, "an unknown value", "no JSON"] * 3,
        [*ORDINARY, *FAULTY],
        [*ORDINARY, *READ, *ODD],
    ],
    ids=["all good", "some refused", "some that fail", "different routes"],
)
def test_requests_of_one_round_are_answered_like_others(opened: Gateway, names: list[str]) -> None:
    sent = [ALL[name] for name in names]
    assert answers_of_one_round(opened, sent, True) == answers_of_one_round(opened, sent, False)


def noting(paths: list[str], app: App) -> App:
    """Have an application's paths noted."""

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        paths.append(scope["path"])
        await app(scope, receive, send)

    return note


def test_only_ordinary_requests_take_the_short_way(opened: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    paths, admitted = list[str](), list[str]()
    quick = opened.quick
    monkeypatch.setattr(quick, "admitted", noting(admitted, quick.admitted))

    async def converse(_server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        for name in (*ORDINARY, *READ, "a query", "an answer that is not ready"):
            writer.write(ALL[name])
            await asyncio.sleep(0.02)
        writer.write(END)
        return await reader.read()

    monkeypatch.setattr(quick, "app", noting(paths, opened))
    talk(converse, open_door(quick), noting(paths, opened))
    assert paths == [PATH, "/livez"]
    assert admitted == ["/api/v1/season"]


@pytest.mark.parametrize("month", [2, 4])
def test_key_is_asked_for_once(tiny_model: LoadedModel, month: int) -> None:
    class Counting:
        wants_key = True
        admitted = 0

        def admit(self, _exchange: Exchange) -> None:
            self.admitted += 1

    guard = Counting()
    gateway = Gateway(DEFINITION, guard)
    gateway.open(tiny_model)
    found = answers(gateway, [get(f"/api/v1/season?month={month}") + END], shortly=True)
    assert found.count(b"HTTP/1.1 200 OK") == 2
    assert guard.admitted == 1
    gateway.close()


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
