"""The gate before a server on a Unix socket: what goes through it, and what it writes about that."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bentos.analyst import llm_gate
from bentos.analyst.llm_gate import MOST_HEAD_BYTES, open_gate, read_head

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
IDS = f"traceparent: 00-{TRACE}-{PARENT}-01\r\nX-Request-ID: caller-1\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
QUESTION = f"POST /v1/chat?key=private HTTP/1.1\r\nHost: h\r\n{IDS}Content-Length: 3\r\n\r\nabc".encode()

Inner = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Work = Callable[[int], Awaitable[None]]
Lines = list[dict[str, Any]]


def through_gate(folder: Path, inner: Inner | None, work: Work) -> Lines:
    """Do the work with the port of a gate before an inner server, and return the lines of the log."""

    async def run() -> None:
        path = folder / "inner.sock"
        server = await asyncio.start_unix_server(inner, path) if inner else None
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            async with open_gate(listener, path):
                await work(listener.getsockname()[1])
        if server is not None:
            server.close()

    with capture_logs() as lines:
        asyncio.run(run())
    return [dict(line) for line in lines]


async def ask(port: int, question: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question)
    answer = await reader.read()
    writer.close()
    return answer


def answering(answer: bytes, heard: list[bytes] | None = None) -> Inner:
    """A server that reads a head and three bytes, and then answers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(head + (await reader.readexactly(3) if b"Content-Length: 3" in head else b""))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return serve


def test_bytes_pass_unchanged_and_a_line_tells_whose_they_were(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def work(port: int) -> None:
        assert await ask(port, QUESTION) == ANSWER

    (line,) = through_gate(tmp_path, answering(ANSWER, heard), work)
    assert heard == [QUESTION.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]
    assert line["event"] == "Request answered"
    assert (line["method"], line["path"], line["status"]) == ("POST", "/v1/chat", 200)
    assert (line["request_id"], line["trace_id"], line["parent_id"]) == ("caller-1", TRACE, PARENT)
    assert line["span_id"] not in ("", PARENT)
    assert line["duration_seconds"] > 0
    assert "private" not in str(line)


def test_who_sends_no_ids_gets_some(tmp_path: Path) -> None:
    async def work(port: int) -> None:
        for _ in range(2):
            await ask(port, b"GET /v1/models HTTP/1.1\r\n\r\n")

    first, second = through_gate(tmp_path, answering(ANSWER), work)
    assert len({first["trace_id"], second["trace_id"], first["request_id"], second["request_id"]}) == 4
    assert first["parent_id"] == ""


@pytest.mark.parametrize(
    "hostile",
    ["X-Request-ID: a b\x1b[31m\r\n", "X-Request-ID: " + "a" * 129 + "\r\n", "traceparent: 00-zz\r\n"],
)
def test_ids_that_are_none_are_replaced(hostile: str) -> None:
    asked = read_head(f"GET / HTTP/1.1\r\n{hostile}\r\n".encode())
    assert len(asked.trace.trace_id) == 32
    assert asked.request_id.replace("-", "").isalnum()
    assert len(asked.request_id) <= 128


def test_one_connection_is_one_request(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def work(port: int) -> None:
        await ask(port, b"GET /a HTTP/1.1\r\nconnection: keep-alive\r\nKeep-Alive: timeout=9\r\n\r\n")

    through_gate(tmp_path, answering(ANSWER, heard), work)
    assert heard == [b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"]


@pytest.mark.parametrize("head", [b"", b"nonsense", b"GET", b"\xff\xfe \x00\r\n: :\r\n folded"])
def test_what_is_no_request_is_left_to_the_server_behind(head: bytes) -> None:
    asked = read_head(head + b"\r\n\r\n")
    assert asked.head.startswith(head.split(b"\r\n")[0])
    assert asked.head.endswith(b"\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", 401),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n", 503),
        (b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + ANSWER, 200),
        (b"", 499),
    ],
)
def test_status_is_that_of_the_answer(tmp_path: Path, answer: bytes, status: int) -> None:
    async def work(port: int) -> None:
        assert await ask(port, QUESTION) == answer

    (line,) = through_gate(tmp_path, answering(answer), work)
    assert line["status"] == status


@pytest.mark.parametrize(("answer", "lines"), [(ANSWER, 0), (b"HTTP/1.1 503 No\r\n\r\n", 1)])
def test_probes_are_worth_a_line_only_if_they_fail(tmp_path: Path, answer: bytes, lines: int) -> None:
    async def work(port: int) -> None:
        await ask(port, b"GET /health HTTP/1.1\r\n\r\n")

    assert len(through_gate(tmp_path, answering(answer), work)) == lines


def test_pieces_come_before_the_end(tmp_path: Path) -> None:
    goes_on = asyncio.Event()

    async def inner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await goes_on.wait()
        writer.write(b"end")
        writer.close()

    async def work(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(QUESTION)
        assert await reader.readexactly(len(ANSWER)) == ANSWER
        goes_on.set()
        assert await reader.read() == b"end"
        writer.close()

    through_gate(tmp_path, inner, work)


def test_caller_who_leaves_is_told_to_the_server_behind(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def inner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\nabc")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        left.set()

    async def work(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(QUESTION)
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await left.wait()

    (line,) = through_gate(tmp_path, inner, work)
    assert line["status"] == 499


def test_answer_that_comes_before_the_end_of_a_question_is_passed_on(tmp_path: Path) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\n"

    async def work(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 1_000_000)
        assert await reader.readexactly(len(refusal)) == refusal
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    (line,) = through_gate(tmp_path, answering(refusal), work)
    assert line["status"] == 413


def test_head_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async def work(port: int) -> None:
        answer = await ask(port, b"GET / HTTP/1.1\r\nX: " + b"x" * (MOST_HEAD_BYTES + 1))
        assert answer.startswith(b"HTTP/1.1 431 ")

    assert through_gate(tmp_path, answering(ANSWER), work) == []


def test_without_a_server_behind_callers_are_told(tmp_path: Path) -> None:
    async def work(port: int) -> None:
        assert (await ask(port, QUESTION)).startswith(b"HTTP/1.1 502 ")

    (line,) = through_gate(tmp_path, None, work)
    assert line["status"] == 502


def test_more_connections_than_allowed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_gate, "MOST_CONNECTIONS", 1)

    async def work(port: int) -> None:
        _, waiting = await asyncio.open_connection("127.0.0.1", port)
        assert (await ask(port, QUESTION)).startswith(b"HTTP/1.1 503 ")
        waiting.close()

    through_gate(tmp_path, answering(ANSWER), work)


def test_closing_the_gate_cuts_who_waits(tmp_path: Path) -> None:
    begun, cut = asyncio.Event(), asyncio.Event()

    async def inner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        cut.set()

    async def run() -> None:
        server = await asyncio.start_unix_server(inner, tmp_path / "inner.sock")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            async with open_gate(listener, tmp_path / "inner.sock"):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                writer.write(QUESTION)
                await begun.wait()
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        await cut.wait()
        writer.close()
        server.close()

    asyncio.run(run())
