"""What one request costs a server: processor time of the thread that answers, over real sockets.

The server runs in the calling thread under uvloop; the clients are a process of their own, so nothing of
theirs is counted. Time in which the server waits for them is not processor time. uvicorn counts the answers.
"""

import asyncio
import contextlib
import itertools
import multiprocessing
import socket
import time
from collections.abc import Callable, Sequence

import uvicorn
import uvloop

from bentos.core.asgi import App, Receive, Scope, Send

CONNECTIONS = 16
"""Enough for one event loop never to run dry."""
WINDOW_SECONDS = 0.05
"""Long enough for hundreds of requests, short enough that some windows are undisturbed on a busy machine."""
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


def request_cost_seconds(server: uvicorn.Server, requests: Sequence[bytes], windows: int = 40) -> list[float]:
    """Return the processor time of one request in each of so many windows, ascending.

    Every one of `requests` is a whole HTTP/1.1 request that keeps its connection. Raises RuntimeError if the
    clients end before their time: one of them was refused.
    """
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        context = multiprocessing.get_context("spawn")
        address = listener.getsockname()[:2]
        clients = context.Process(target=keep_asking, args=(address, tuple(requests)), daemon=True)
        clients.start()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return sorted(runner.run(_serve(server, listener, windows, clients.is_alive)))
        finally:
            clients.kill()
            clients.join()


async def do_nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer as quickly as uvicorn lets one."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def plain_server(app: App) -> uvicorn.Server:
    """Return uvicorn around an application, as quick as it gets."""
    return uvicorn.Server(
        uvicorn.Config(
            app=app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False
        )
    )


def keep_asking(address: tuple[str, int], requests: Sequence[bytes]) -> None:
    """Ask over `CONNECTIONS` connections until the server leaves or an answer is no 200."""
    endless = itertools.cycle(requests)
    connections = [socket.create_connection(address) for _ in range(CONNECTIONS)]
    with contextlib.suppress(ConnectionError):
        while True:
            for connection in connections:
                connection.sendall(next(endless))
            for connection in connections:
                if not _read_answer(connection).startswith(b"HTTP/1.1 200 "):
                    return


async def _serve(
    server: uvicorn.Server, listener: socket.socket, windows: int, is_asked: Callable[[], bool]
) -> list[float]:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    costs: list[float] = []
    while len(costs) < windows and is_asked():
        seconds, before = time.thread_time(), server.server_state.total_requests
        await asyncio.sleep(WINDOW_SECONDS)
        answered = server.server_state.total_requests - before
        if answered >= CONNECTIONS:
            costs.append((time.thread_time() - seconds) / answered)
    server.should_exit = server.force_exit = True
    await serving
    if len(costs) < windows:
        raise RuntimeError("The clients gave up: not every answer was a 200.")
    return costs


def _read_answer(connection: socket.socket) -> bytes:
    answer = connection.recv(65536)
    if not answer:
        raise ConnectionError("The server left.")
    head, _, content = answer.partition(HEAD_END)
    length = int(head.lower().partition(LENGTH)[2].partition(b"\r\n")[0])
    while len(content) < length:
        content += connection.recv(65536)
    return answer
