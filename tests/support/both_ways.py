"""The same requests on the short way and on the long one."""

import asyncio
import re

from bentos.core.gateway import Gateway
from bentos.core.protocol import open_door
from bentos.core.server import Server
from tests.support.conversations import Streams, talk

JSON_TYPE = "Content-Type: application/json"
END = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-ID: the-end\r\nConnection: close\r\n\r\n"
"""Is answered last, and then the connection is closed."""


def request(body: bytes, *lines: str, target: str, method: str = "POST", version: str = "1.1") -> bytes:
    """One request that declares its length."""
    head = (f"{method} {target} HTTP/{version}", "Host: a", *(lines or (JSON_TYPE,)))
    return "\r\n".join((*head, f"Content-Length: {len(body)}", "", "")).encode() + body


def get(target: str, *lines: str, method: str = "GET") -> bytes:
    """One request without a body."""
    return "\r\n".join((f"{method} {target} HTTP/1.1", "Host: a", *lines, "", "")).encode()


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
