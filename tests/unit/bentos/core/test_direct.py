"""Answers that go straight to the connection are those that uvicorn would have sent."""

import asyncio
import contextlib
import hashlib
import inspect
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from bentos.core.asgi import App, Message, Receive, Scope, Send
from bentos.core.direct import CYCLE, take_body, write_directly
from bentos.core.headers import JSON, Head, ResponseHeads

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Conversation = Callable[[uvicorn.Server, Streams], Awaitable[Any]]

READ_AND_AGREED = "e0949cf941b154dad813885d5569f3f648606acba851a8de79fd029c266858d4"
"""SHA-256 of the parts of uvicorn that `bentos.core.direct` stands in for."""

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE_BYTES = 16 * 1024 * 1024


class Answering:
    """Answers directly if it may and can, otherwise the ordinary way; `directly` says which it was."""

    def __init__(self, head: Head, content: bytes = b'{"a":1}', may: bool = True, status: int = 200) -> None:
        self.directly: list[bool] = []
        self.was_asked_twice = asyncio.Event()
        self._head = head
        self._content = content
        self._may = may
        self._status = status

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        content, request_id = self._content, b"abc-1"
        self.directly.append(
            self._may and write_directly(send, self._status, self._head, content, request_id)
        )
        if len(self.directly) == 2:
            self.was_asked_twice.set()
        if self.directly[-1]:
            return
        headers = [*self._head, (b"content-length", b"%d" % len(content)), (b"x-request-id", request_id)]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else content
        await send({"type": "http.response.body", "body": body})


def talk(app: App, conversation: Conversation) -> Any:
    """Return what a conversation with a plain uvicorn comes to."""

    async def main() -> Any:
        config = uvicorn.Config(
            app=app,
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            headers=[("x-server", "one"), ("x-server", "two")],
        )
        server = uvicorn.Server(config)
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            streams = await asyncio.open_connection(*listener.getsockname())
            try:
                return await asyncio.wait_for(conversation(server, streams), timeout=30)
            finally:
                streams[1].close()
                server.should_exit = True
                await serving

    return asyncio.run(main())


def json_head(closes: bool = False) -> Head:
    heads = ResponseHeads()
    head = heads.make(JSON)
    if closes:
        heads.close_connections()
    return head


async def read_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the head and the content of one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, await reader.readexactly(length)


def test_server_is_the_one_that_was_read() -> None:
    assert (RequestResponseCycle.__module__, RequestResponseCycle.__qualname__) == CYCLE
    source = "".join(inspect.getsource(part) for part in (RequestResponseCycle, FlowControl))
    assert hashlib.sha256(source.encode()).hexdigest() == READ_AND_AGREED, (
        "uvicorn changed: see whether bentos/core/direct.py still does what its RequestResponseCycle does"
    )


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize(
    ("request_bytes", "stays_open"),
    [
        (GET, True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", False),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", True),
    ],
)
def test_bytes_and_end_of_an_answer_are_those_of_the_server(
    request_bytes: bytes, stays_open: bool, status: int, closes: bool
) -> None:
    async def ask(_server: uvicorn.Server, streams: Streams) -> tuple[tuple[bytes, bytes], bool]:
        reader, writer = streams
        writer.write(request_bytes)
        answer = await read_answer(reader)
        writer.write(GET)
        return answer, await reader.read(1) != b""

    directly = Answering(json_head(closes), status=status)
    ordinary = Answering(json_head(closes), status=status, may=False)
    answer = talk(directly, ask)
    assert answer == talk(ordinary, ask)
    assert directly.directly[0]
    assert answer[1] == (stays_open and not closes)


def test_answer_to_head_is_left_to_the_server() -> None:
    async def ask(_server: uvicorn.Server, streams: Streams) -> bytes:
        streams[1].write(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return await streams[0].read()

    app = Answering(json_head())
    assert talk(app, ask).endswith(b"content-length: 7\r\nx-request-id: abc-1\r\nconnection: close\r\n\r\n")
    assert app.directly == [False]


def test_pipelined_requests_are_answered_one_after_another() -> None:
    async def ask(server: uvicorn.Server, streams: Streams) -> int:
        streams[1].write(GET * 5)
        answers = [await read_answer(streams[0]) for _ in range(5)]
        assert len(set(answers)) == 1
        return server.server_state.total_requests

    app = Answering(json_head())
    assert talk(app, ask) == 5
    assert app.directly == [True] * 5


def test_client_that_does_not_keep_up_is_waited_for() -> None:
    async def ask(_server: uvicorn.Server, streams: Streams) -> list[int]:
        streams[1].write(GET * 2)
        await app.was_asked_twice.wait()
        return [len((await read_answer(streams[0]))[1]) for _ in range(2)]

    app = Answering(json_head(), b"x" * LARGE_BYTES)
    assert talk(app, ask) == [LARGE_BYTES] * 2
    assert app.directly == [True, False]


def test_nothing_is_written_for_a_client_that_is_gone() -> None:
    written: list[bool] = []
    answered = asyncio.Event()

    async def answer_late(_scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        written.append(write_directly(send, 200, json_head(), b"", b"a"))
        answered.set()

    async def leave(_server: uvicorn.Server, streams: Streams) -> None:
        streams[1].write(GET)
        streams[1].close()
        await answered.wait()

    talk(answer_late, leave)
    assert written == [False]


def test_second_answer_to_a_request_is_not_written() -> None:
    written: list[bool] = []

    async def answer_twice(_scope: Scope, _receive: Receive, send: Send) -> None:
        written.extend(write_directly(send, 200, json_head(), b"", b"a") for _ in range(2))

    async def ask(_server: uvicorn.Server, streams: Streams) -> None:
        streams[1].write(GET)
        await read_answer(streams[0])

    talk(answer_twice, ask)
    assert written == [True, False]


def test_headers_of_the_server_are_those_of_now() -> None:
    async def ask(server: uvicorn.Server, streams: Streams) -> None:
        for date in (b"yesterday", b"today"):
            server.server_state.default_headers = [(b"date", date)]
            streams[1].write(GET)
            assert b"\r\ndate: %b\r\n" % date in (await read_answer(streams[0]))[0]

    talk(Answering(json_head()), ask)


def test_other_servers_are_left_alone() -> None:
    sent: list[Message] = []

    class Cycle:
        async def send(self, message: Message) -> None:
            sent.append(message)

        async def receive(self) -> Message:
            return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    assert not write_directly(send, 200, json_head(), b"", b"a")
    assert not write_directly(Cycle().send, 200, json_head(), b"", b"a")
    assert take_body(Cycle().receive, 10) is None
    assert sent == []


class Reading:
    """Takes bodies of up to 4 bytes if they are here, and then waits for the client to leave."""

    def __init__(self) -> None:
        self.taken: list[bytes | None] = []
        self.received: list[Message] = []
        self.began, self.ended = asyncio.Event(), asyncio.Event()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        self.taken.append(take_body(receive, 4))
        self.began.set()
        while not self.received or self.received[-1]["type"] != "http.disconnect":
            self.received.append(await receive())
            if self.received[-1].get("more_body") is False:
                await send({"type": "http.response.start", "status": 204, "headers": []})
                await send({"type": "http.response.body"})
        self.ended.set()


async def send_and_leave(app: Reading, writer: asyncio.StreamWriter, *parts: bytes) -> None:
    for part in parts:
        writer.write(part)
        await writer.drain()
        await app.began.wait()
    writer.close()
    await app.ended.wait()


@pytest.mark.parametrize(
    ("parts", "taken", "then"),
    [
        ((b"Content-Length: 4\r\n\r\nabcd",), b"abcd", []),
        ((b"Content-Length: 0\r\n\r\n",), b"", []),
        ((b"Content-Length: 5\r\n\r\nabcde",), None, [b"abcde"]),
        ((b"Content-Length: 4\r\n\r\nab", b"cd"), None, [b"ab", b"cd"]),
        ((b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\nabcd",), None, [b"abcd"]),
    ],
)
def test_body_is_taken_only_if_it_is_here_and_within_the_limit(
    parts: tuple[bytes, ...], taken: bytes | None, then: list[bytes]
) -> None:
    async def ask(_server: uvicorn.Server, streams: Streams) -> None:
        first = b"POST / HTTP/1.1\r\nHost: a\r\n" + parts[0]
        await send_and_leave(app, streams[1], first, *parts[1:])

    app = Reading()
    talk(app, ask)
    assert app.taken == [taken]
    assert b"".join(then) == b"".join(message.get("body", b"") for message in app.received)
    assert app.received[-1] == {"type": "http.disconnect"}
