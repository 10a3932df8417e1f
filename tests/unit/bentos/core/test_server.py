"""Listening, and stopping in steps."""

import asyncio
import contextlib
import json
import signal
import socket

import pytest

from bentos.core.asgi import Receive, Scope, Send
from bentos.core.errors import SettingsError
from bentos.core.headers import security_headers
from bentos.core.server import Server, listen, make_server
from bentos.core.settings import ServerSettings


async def nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def lingering() -> list[str]:
    return []


@pytest.fixture
def server(lingering: list[str]) -> Server:
    return make_server(nothing, ServerSettings(linger_seconds=100), lambda: lingering.append("lingers"))


def tick(server: Server) -> bool:
    return asyncio.run(server.on_tick(1))


def test_first_signal_lingers_second_stops_third_forces(server: Server, lingering: list[str]) -> None:
    server.handle_exit(signal.SIGTERM, None)
    assert (tick(server), lingering) == (False, ["lingers"])
    server.handle_exit(signal.SIGTERM, None)
    assert (tick(server), server.force_exit) == (True, False)
    server.handle_exit(signal.SIGINT, None)
    assert server.force_exit
    assert lingering == ["lingers"]


def test_lingering_ends_by_itself() -> None:
    server = make_server(nothing, ServerSettings(linger_seconds=0), lambda: None)
    assert not tick(server)
    server.handle_exit(signal.SIGTERM, None)
    assert tick(server)


def test_port_that_is_taken_is_named() -> None:
    with contextlib.closing(listen(ServerSettings(port=0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SettingsError, match=f"Can't listen on 127.0.0.1 port {port}: address already in use"
        ):
            listen(ServerSettings(port=port))


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1"])
def test_address_that_is_not_ours_is_named(host: str) -> None:
    with pytest.raises(SettingsError, match=f"Can't listen on {host} port 0"):
        listen(ServerSettings(host=host, port=0))


def test_both_kinds_of_loopback_can_be_listened_on() -> None:
    for host, family in (("127.0.0.1", socket.AF_INET), ("localhost", None)):
        with contextlib.closing(listen(ServerSettings(host=host, port=0))) as listener:
            assert family in (None, listener.family)


def test_bytes_that_are_no_request_get_a_problem_document() -> None:
    async def speak_nonsense() -> bytes:
        server = make_server(nothing, ServerSettings(), lambda: None)
        with contextlib.closing(listen(ServerSettings(port=0))) as listener:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(b"nonsense\r\n\r\n")
            answer = await reader.read()
            writer.close()
            server.hurry()
            await serving
        return answer

    head, _, content = asyncio.run(speak_nonsense()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    for name, value in (*security_headers(), (b"content-type", b"application/problem+json")):
        assert b"\r\n" + name + b": " + value in head
    assert json.loads(content)["type"] == "urn:ekiben:problem:malformed-body"
