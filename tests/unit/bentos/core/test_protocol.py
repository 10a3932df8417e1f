"""What a connection takes, and for how long."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bentos.core.asgi import Receive, Scope, Send
from bentos.core.headers import security_headers
from bentos.core.protocol import MOST_HEAD_BYTES, Protocol
from bentos.core.server import Server, listen, make_server
from bentos.core.settings import ServerSettings

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    content, more = b"", True
    while more:
        message = await receive()
        content, more = content + message.get("body", b""), message.get("more_body", False)
        if message["type"] == "http.disconnect":
            return
    headers = [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def talk(conversation: Callable[[Server, Streams], Awaitable[Any]]) -> Any:
    """Return what a conversation with a real server comes to."""

    async def main() -> Any:
        server = make_server(echo, ServerSettings(), lambda: None)
        with contextlib.closing(listen(ServerSettings(port=0))) as listener:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            try:
                return await asyncio.wait_for(conversation(server, (reader, writer)), timeout=30)
            finally:
                writer.close()
                server.hurry()
                await serving

    return asyncio.run(main())


async def connection_of(server: Server, received_bytes: int) -> Protocol:
    """Return the server's end once it has got so much."""
    while True:
        for connection in server.server_state.connections:
            if isinstance(connection, Protocol) and connection._received_bytes == received_bytes:
                return connection
        await asyncio.sleep(0.001)


def assert_problem(answer: bytes, status: int, title: str) -> None:
    head, _, content = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} {title}\r\n".encode())
    for name, value in (*security_headers(), (b"content-type", b"application/problem+json")):
        assert b"\r\n" + name + b": " + value in head
    document = json.loads(content)
    assert (document["type"], document["status"], document["title"]) == ("about:blank", status, title)


def test_bytes_that_are_no_request_get_a_problem_document() -> None:
    async def speak_nonsense(_server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        writer.write(b"nonsense\r\n\r\n")
        return await reader.read()

    assert_problem(talk(speak_nonsense), 400, "Bad Request")


@pytest.mark.parametrize("piece", [b"X-Many: headers\r\n" * 500, b"x" * 8000])
def test_head_without_end_is_refused(piece: bytes) -> None:
    async def talk_on(server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        sent = b"GET / HTTP/1.1\r\nX-One: "
        writer.write(sent)
        await connection_of(server, len(sent))
        for _ in range(MOST_HEAD_BYTES // len(piece) + 1):
            writer.write(piece)
        return await reader.read()

    assert_problem(talk(talk_on), 431, "Request Header Fields Too Large")


def test_requests_in_pieces_are_answered_one_after_the_other() -> None:
    async def ask_twice(server: Server, streams: Streams) -> tuple[bytes, bytes]:
        reader, writer = streams
        answers = []
        for _ in range(2):
            for piece in (HEAD[:7], HEAD[7:-1], HEAD[-1:] + b"ab", b"cd"):
                writer.write(piece)
                await asyncio.sleep(0.01)
            await reader.readuntil(b"\r\n\r\n")
            answers.append(await reader.readexactly(4))
        return answers[0], answers[1]

    assert talk(ask_twice) == (b"abcd", b"abcd")


@pytest.mark.parametrize("sent", [b"", HEAD[:-2], HEAD, HEAD + b"ab", HEAD + b"abcd" + HEAD[:5]])
def test_client_that_stalls_is_cut_off(sent: bytes) -> None:
    async def stall(server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        writer.write(sent)
        connection = await connection_of(server, len(sent))
        connection.close_if_stalled()
        assert not connection.transport.is_closing()
        connection.close_if_stalled()
        assert connection.transport.is_closing()
        return await reader.read()

    answer = talk(stall)
    assert answer == b"" or answer.endswith(b"abcd")


def test_client_that_makes_progress_or_rests_is_not() -> None:
    async def take_time(server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        for count, piece in enumerate((HEAD[:7], HEAD[7:], b"ab", b"cd")):
            writer.write(piece)
            sizes = (7, len(HEAD), len(HEAD) + 2, len(HEAD) + 4)
            connection = await connection_of(server, sizes[count])
            connection.close_if_stalled()
        await reader.readuntil(b"\r\n\r\n")
        answer = await reader.readexactly(4)
        connection = await connection_of(server, len(HEAD) + 4)
        for _ in range(3):
            connection.close_if_stalled()
        assert not connection.transport.is_closing()
        return answer

    assert talk(take_time) == b"abcd"
