"""Many callers at once, each with a connection of its own, and how long each of them waited for the server.

A machine that has more to do than processors lets both the server and its callers wait for their turn. That
is nobody's fault: Linux counts it for every thread, and it is taken off.
"""

import asyncio
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.serving import ServerProcess


@dataclass(frozen=True)
class Told:
    """One answer, whole. Times are without those in which the server or its callers were ready to
    run and no processor was free for them."""

    path: str
    status: int
    headers: dict[str, str]
    content: bytes
    first_seconds: float
    """From the question to the head of the answer."""
    seconds: float
    """From the question to the end of the answer."""

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def events(self) -> list[tuple[str, Any]]:
        """The events of a stream: name and data."""
        blocks = [block for block in self.content.decode().split("\n\n") if block.startswith("event: ")]
        lines = [block.split("\n", 1) for block in blocks]
        return [
            (name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in lines
        ]


class Caller:
    """One kept connection to a server, whose event loop runs in its main thread."""

    def __init__(self, server: ServerProcess) -> None:
        self._port = server.port
        self._threads = (_schedule(server.pid, server.pid), _schedule(os.getpid(), threading.get_native_id()))
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Told:
        """Ask and wait for the whole answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        began = self._clock()
        fields = {"Host": "localhost", **(headers or {})}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        status, found = await _read_head(reader)
        first = self._clock()
        content = await _read_content(reader, found)
        return Told(path, status, found, content, first - began, self._clock() - began)

    def _clock(self) -> float:
        """Return seconds that pass only while neither thread waits for a processor."""
        crowded_out = sum(int(path.read_text().split()[1]) for path in self._threads)
        return time.perf_counter() - crowded_out / 1e9

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()


async def ask_all(server: ServerProcess, paths: Sequence[str], callers: int) -> list[Told]:
    """Ask for all paths, in their order, by so many callers at once."""
    left = iter(paths)

    async def call() -> list[Told]:
        caller = Caller(server)
        try:
            return [await caller.get(path) for path in left]
        finally:
            await caller.close()

    told = await asyncio.gather(*(call() for _ in range(callers)))
    return [one for many in told for one in many]


def _schedule(process: int, thread: int) -> Path:
    """Return the file in which the second number is the time that a thread waited for a processor."""
    return Path(f"/proc/{process}/task/{thread}/schedstat")


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    fields = (line.split(":", 1) for line in lines)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, value in fields}


async def _read_content(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    content = b""
    while size := int(await reader.readline(), 16):
        content += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return content
