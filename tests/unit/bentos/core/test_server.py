"""Listening, and stopping in steps."""

import asyncio
import contextlib
import signal
import socket

import pytest

from bentos.core.asgi import Receive, Scope, Send
from bentos.core.errors import SettingsError
from bentos.core.server import ACCEPTORS, TICKS_BETWEEN_SWEEPS, Server, listen, make_server, share
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


def test_connections_are_looked_through_now_and_then(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    sweeps: list[float] = []
    monkeypatch.setattr(server._connections, "sweep", sweeps.append)
    for counter in range(1, 3 * TICKS_BETWEEN_SWEEPS + 1):
        asyncio.run(server.on_tick(counter))
    assert len(sweeps) == 3
    assert sweeps == sorted(sweeps)


def test_copies_of_a_listener_take_connections_to_the_same_port() -> None:
    listener = listen(ServerSettings(port=0))
    sockets = share(listener)
    assert len({one.fileno() for one in sockets}) == ACCEPTORS
    assert {one.getsockname() for one in sockets} == {listener.getsockname()}
    for one in sockets:
        one.close()


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


async def start_and_stop(server: Server) -> None:
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    with contextlib.closing(listen(ServerSettings(port=0))) as listener:
        await server.startup(sockets=[listener])
        await server.shutdown(sockets=[listener])


def test_what_runs_beside_stops_with_the_server_and_is_waited_for(server: Server) -> None:
    stopped: list[str] = []

    async def stop_slowly() -> None:
        await asyncio.sleep(0.3)
        stopped.append("beside")

    server.beside.append(stop_slowly)
    asyncio.run(start_and_stop(server))
    assert stopped == ["beside"]


def test_forced_exit_does_not_wait_for_what_runs_beside(server: Server) -> None:
    async def never_stop() -> None:
        server.force_exit = True
        await asyncio.Event().wait()

    server.beside.append(never_stop)
    asyncio.run(start_and_stop(server))
    assert server.force_exit
