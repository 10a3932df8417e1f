"""What stands before llama.cpp's server: each request gets one line in the log, with the ids of who asked.

llama.cpp's own lines know no ids. So it listens on a Unix socket, and this passes the bytes on, one request a
connection. What is asked and answered, and who may ask, is for llama.cpp alone.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

from msgspec import Struct

from bentos.core.exchange import CLIENT_GONE
from bentos.core.loggers import get_logger
from bentos.core.tracing import TraceContext, choose_request_id, continue_trace

MOST_HEAD_BYTES = 32 * 1024
"""Longest request line with its headers."""
PIECE_BYTES = 64 * 1024
HEAD_SECONDS = 30.0
"""Longest wait for them. Bodies and answers have the limits of llama.cpp, which ends the connection."""
WRITE_SECONDS = 60.0
"""Longest wait for a caller who reads nothing."""
LINGER_SECONDS = 1.0
"""Longest time in which a caller may take note of a refusal."""
MOST_CONNECTIONS = 256
BAD_GATEWAY = 502
UNLOGGED = frozenset({"/health", "/v1/health", "/metrics"})
"""Asked every few seconds; a line about them says nothing while they succeed."""
LONGEST_PATH = 200

OF_ONE_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection"})
STATUS = re.compile(rb"(?:HTTP/1\.1 1\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)*HTTP/1\.[01] (\d{3})")
"""The status of an answer, behind those that only tell a caller to go on."""
TOO_LARGE, TOO_MANY, NOT_THERE = (
    "431 Request Header Fields Too Large",
    "503 Too Many Connections",
    "502 No Model",
)

_log = get_logger("ekiben.llm")


class Asked(Struct, frozen=True, kw_only=True):
    """One request: what its line in the log tells of it, and its head as it is passed on."""

    method: str
    path: str
    request_id: str
    trace: TraceContext
    head: bytes


def read_head(head: bytes) -> Asked:
    """Return what a request asks for. It is the last one on its connection; whether it is a sound one is for
    llama.cpp to say."""
    request_line, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    named = [(line.partition(b":")[0].strip().lower(), line) for line in lines]
    values = {name: line.partition(b":")[2].strip() for name, line in reversed(named)}
    kept = [line for name, line in named if name not in OF_ONE_CONNECTION]
    method, _, target = request_line.decode("latin-1").partition(" ")
    return Asked(
        method=method[:LONGEST_PATH],
        path=target.partition(" ")[0].partition("?")[0][:LONGEST_PATH],
        request_id=choose_request_id(values.get(b"x-request-id")).decode(),
        trace=continue_trace(values.get(b"traceparent")),
        head=b"\r\n".join([request_line, *kept, b"Connection: close", b"", b""]),
    )


@asynccontextmanager
async def open_gate(listener: socket.socket, inner: Path) -> AsyncIterator[None]:
    """Pass what comes to a bound socket on to the server that listens on the Unix socket `inner`. At the end,
    connections are cut."""
    gate = Gate(inner)
    server = await asyncio.start_server(gate.take, sock=listener, limit=MOST_HEAD_BYTES)
    try:
        yield
    finally:
        server.close()
        await gate.close()


class Gate:
    """Passes connections on."""

    def __init__(self, inner: Path) -> None:
        self._inner = inner
        self._under_way: set[asyncio.Task[None]] = set()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Cut all connections."""
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began = perf_counter()
        try:
            if len(self._under_way) > MOST_CONNECTIONS:
                await refuse(reader, writer, TOO_MANY)
                return
            async with asyncio.timeout(HEAD_SECONDS):
                asked = read_head(await reader.readuntil(b"\r\n\r\n"))
            status = await self._pass_on(asked, reader, writer)
            log_request(asked, status or BAD_GATEWAY, perf_counter() - began)
            if status is None:
                await refuse(reader, writer, NOT_THERE)
        except asyncio.LimitOverrunError:
            await refuse(reader, writer, TOO_LARGE)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _pass_on(
        self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> int | None:
        """Return the status of the answer; None if there is nobody to ask."""
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(str(self._inner))
        except OSError:
            return None
        answer = Answer()
        inner_writer.write(asked.head)
        asking = asyncio.create_task(copy(reader, inner_writer))
        answering = asyncio.create_task(copy(inner_reader, writer, answer))
        try:
            await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done() and asking.result():
                # A caller who says no more has left: llama.cpp need not go on.
                return CLIENT_GONE
            await asyncio.wait({answering})
            return answer.status
        finally:
            for task in (asking, answering):
                task.cancel()
            await asyncio.wait({asking, answering})
            inner_writer.close()


class Answer:
    """How an answer begins."""

    def __init__(self) -> None:
        self._begin = b""

    def take(self, piece: bytes) -> None:
        """Look at the next piece."""
        if len(self._begin) < MOST_HEAD_BYTES:
            self._begin += piece

    @property
    def status(self) -> int:
        """Its status; that of a caller who left if it has none."""
        found = STATUS.match(self._begin)
        return int(found[1]) if found else CLIENT_GONE


async def copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer | None = None
) -> bool:
    """Copy all bytes until who sends them or who reads them is gone; return whether it was the former."""
    while piece := await read(reader):
        if answer is not None:
            answer.take(piece)
        try:
            writer.write(piece)
            async with asyncio.timeout(WRITE_SECONDS):
                await writer.drain()
        except OSError:
            return False
    return True


async def read(reader: asyncio.StreamReader) -> bytes:
    """Return some bytes, or none if there will be no more."""
    try:
        return await reader.read(PIECE_BYTES)
    except OSError:
        return b""


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: str) -> None:
    """Answer without asking llama.cpp."""
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n".encode()
    )
    # A connection that is closed before all is read is reset, and what was sent may be lost with it.
    with contextlib.suppress(OSError):
        async with asyncio.timeout(LINGER_SECONDS):
            await writer.drain()
            writer.write_eof()
            while await reader.read(PIECE_BYTES):
                pass


def log_request(asked: Asked, status: int, seconds: float) -> None:
    """Write the line of a request."""
    if asked.path in UNLOGGED and status == 200:
        return
    _log.info(
        "Request answered",
        method=asked.method,
        path=asked.path,
        status=status,
        duration_seconds=round(seconds, 6),
        request_id=asked.request_id,
        trace_id=asked.trace.trace_id,
        span_id=asked.trace.span_id,
        parent_id=asked.trace.parent_id,
    )
