"""Conversations with a real server in this process, byte by byte."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from bentos.core.admission import Admission, Reason
from bentos.core.asgi import App, Receive, Scope, Send
from bentos.core.connections import Connections
from bentos.core.headers import ResponseHeads
from bentos.core.protocol import Door, Protocol
from bentos.core.refusals import Refusals
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


def talk(
    conversation: Callable[[Server, Streams], Awaitable[Any]], door: Door | None = None, app: App = echo
) -> Any:
    """Return what a conversation with a real server comes to."""

    async def main() -> Any:
        server = make_server(app, ServerSettings(), lambda: None, door)
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


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(status.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


class Refusing(Admission):
    """Refuses for these reasons, one request after the other, and then nobody."""

    def __init__(self, *reasons: Reason | None) -> None:
        super().__init__()
        self.reasons = list(reasons)
        self.asks_from = 0
        self.held: asyncio.Queue[Protocol] = asyncio.Queue()

    def may_refuse(self, in_flight: int) -> bool:
        return bool(self.reasons)

    def refuses(self, url: bytes, in_flight: int, body_bytes: float = 0) -> Reason | None:
        return self.reasons.pop(0) if self.reasons else None

    def hold(self, connection: Any) -> None:
        self.held.put_nowait(connection)

    def _end_round(self, delay_seconds: float, handling_seconds: float, is_idle: bool) -> None:
        """Leave all as it is."""


def door_with(admission: Admission, most: int = 1000) -> Door:
    return Door(admission, Connections(most, keep_alive_seconds=75), Refusals(ResponseHeads()))
