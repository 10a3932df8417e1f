"""The server as a process, with more clients than it can serve, and with slow ones."""

import asyncio
import contextlib
import hashlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.serving import Answered, ServerProcess, serving
from tests.support.tiny.definition import LEAF
from tests.support.tiny.package import TinyPackage

KEY = "a key that nobody guesses"
BODY = json.dumps(LEAF).encode()
ASK = (
    b"POST /api/v1/leaf HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (
        len(BODY),
        BODY,
    )
)


def assert_overloaded(reply: Answered) -> None:
    assert reply.status == 429
    assert reply.headers["retry-after"] == "1"
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["type"] == "urn:ekiben:problem:overloaded"


def metric(process: ServerProcess, name: str) -> float:
    lines = process.ask("GET", "/metrics").content.decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


@contextlib.contextmanager
def connected(process: ServerProcess, sent: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", process.port), timeout=60) as connection:
        connection.sendall(sent)
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the server closes."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


async def ask_for_ever(port: int, statuses: Counter[int], stop: asyncio.Event) -> None:
    """Ask again as soon as there is an answer, whatever it says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not stop.is_set():
        writer.write(ASK)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split("\r\n")[0])
        await reader.readexactly(length)
        statuses[int(head.split()[1])] += 1
    writer.close()


async def crowd(process: ServerProcess, clients: int, refusals: int) -> tuple[Counter[int], Counter[int]]:
    """Keep so many clients asking until so many were refused; return what they got, and what probes got."""
    statuses: Counter[int] = Counter()
    probes: Counter[int] = Counter()
    stop = asyncio.Event()
    asking = [asyncio.create_task(ask_for_ever(process.port, statuses, stop)) for _ in range(clients)]
    async with asyncio.timeout(60):
        while statuses[429] < refusals:
            for path in ("/livez", "/readyz", "/metrics"):
                probes[(await asyncio.to_thread(process.ask, "GET", path)).status] += 1
        stop.set()
        await asyncio.gather(*asking)
    return statuses, probes


def test_crowd_is_refused_in_part_while_probes_are_answered_and_it_is_over_when_it_leaves(
    tiny_package: TinyPackage,
) -> None:
    """The budget is far below what a crowd of this size waits on any machine."""
    with serving({**tiny_package.environment, "EKIBEN_SERVER_QUEUE_BUDGET_SECONDS": "0.001"}) as process:
        statuses, probes = asyncio.run(crowd(process, clients=100, refusals=200))
        assert set(statuses) == {200, 429}
        assert set(probes) == {200}
        while process.ask("POST", "/api/v1/leaf", LEAF).status != 200:
            pass
        assert metric(process, 'ekiben_shed_total{reason="queue"}') >= statuses[429]
        counted = metric(process, 'ekiben_requests_total{code="429",method="POST",route="/api/v1/leaf"}')
        assert counted == metric(process, 'ekiben_shed_total{reason="queue"}')
        assert metric(process, "ekiben_queue_delay_seconds_count") > 0
        process.wait_for("More requests come than can be answered in time")


def test_work_that_would_wait_too_long_for_a_thread_is_refused_and_the_rest_is_not(
    tiny_package: TinyPackage,
) -> None:
    settings = {"EKIBEN_SERVER_WORKER_THREADS": "1", "EKIBEN_SERVER_MOST_WAITING": "1"}
    with serving({**tiny_package.environment, **settings}) as process:
        replies: list[Answered] = []

        def nap() -> None:
            replies.append(process.ask("POST", "/api/v1/nap", {"seconds": 2}))

        naps = [threading.Thread(target=nap) for _ in range(3)]
        for thread in naps:
            thread.start()
        assert process.ask("POST", "/api/v1/leaf", LEAF).status == 200
        for thread in naps:
            thread.join()
        assert sorted(reply.status for reply in replies) == [200, 200, 429]
        assert_overloaded(next(reply for reply in replies if reply.status == 429))
        assert process.ask("POST", "/api/v1/nap", {"seconds": 0}).status == 200
        assert metric(process, 'ekiben_shed_total{reason="workers"}') == 1


def test_more_requests_than_may_be_in_flight_are_refused(tiny_package: TinyPackage) -> None:
    stream = b"GET /api/v1/rings?rings=1000&pause_seconds=1 HTTP/1.1\r\nHost: a\r\n\r\n"
    with (
        serving({**tiny_package.environment, "EKIBEN_SERVER_MOST_IN_FLIGHT": "2"}) as process,
        connected(process, stream) as one,
        connected(process, stream) as other,
    ):
        assert one.recv(12) == other.recv(12) == b"HTTP/1.1 200"
        assert_overloaded(process.ask("POST", "/api/v1/leaf", LEAF))
        assert process.ask("GET", "/livez").status == 200
        assert metric(process, 'ekiben_shed_total{reason="in_flight"}') == 1


def test_key_may_ask_so_often_and_others_are_not_concerned(tiny_package: TinyPackage) -> None:
    keys = [KEY, KEY * 2]
    settings = {
        "EKIBEN_AUTH_KEY_DIGESTS": ",".join(hashlib.sha256(key.encode()).hexdigest() for key in keys),
        "EKIBEN_RATE_LIMIT_PER_KEY": "2/day",
    }
    with serving({**tiny_package.environment, **settings}) as process:
        asked = [process.ask("POST", "/api/v1/leaf", LEAF, {"X-API-Key": KEY}) for _ in range(3)]
        assert [reply.status for reply in asked] == [200, 200, 429]
        assert asked[2].json["type"] == "urn:ekiben:problem:rate-limited"
        assert int(asked[2].headers["retry-after"]) > 1
        assert process.ask("POST", "/api/v1/leaf", LEAF, {"X-API-Key": keys[1]}).status == 200
        assert metric(process, 'ekiben_shed_total{reason="key"}') == 1
        assert KEY.encode() not in process.ask("GET", "/metrics").content


def test_idle_connections_make_room_for_new_ones(tiny_package: TinyPackage) -> None:
    with (
        serving({**tiny_package.environment, "EKIBEN_SERVER_MOST_CONNECTIONS": "20"}) as process,
        contextlib.ExitStack() as stack,
    ):
        idle = [stack.enter_context(connected(process)) for _ in range(50)]
        assert process.ask("POST", "/api/v1/leaf", LEAF).status == 200
        assert metric(process, "ekiben_connections ") <= 20
        assert [read_all(connection) for connection in idle[:25]] == [b""] * 25
        idle[-1].sendall(ASK)
        assert idle[-1].recv(12) == b"HTTP/1.1 200"


def test_requests_sent_ahead_are_answered_up_to_a_bound(tiny_package: TinyPackage) -> None:
    with serving(tiny_package.environment) as process, connected(process, ASK * 1000) as hasty:
        answers = read_all(hasty)
        assert 1 <= answers.count(b"HTTP/1.1 200 OK") < 100
        assert process.ask("POST", "/api/v1/leaf", LEAF).status == 200


@pytest.fixture(scope="module")
def impatient(tiny_package: TinyPackage) -> Iterator[ServerProcess]:
    with serving(tiny_package.environment, module="tests.support.impatient") as process:
        yield process


def test_connection_on_which_nothing_comes_is_closed(impatient: ServerProcess) -> None:
    with connected(impatient) as silent:
        assert read_all(silent) == b""


def test_head_that_comes_byte_by_byte_is_given_up(impatient: ServerProcess) -> None:
    with connected(impatient, b"GET / HTTP/1.1\r\nX-Long: ") as slow:
        slow.settimeout(0.05)
        answer = b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while not answer:
                slow.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    answer = slow.recv(65536)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
    assert metric(impatient, 'ekiben_connections_closed_total{reason="head"}') >= 1


def test_body_that_does_not_come_is_given_up(impatient: ServerProcess) -> None:
    with connected(impatient, ASK[:-3]) as stalled:
        assert read_all(stalled) == b""
    assert metric(impatient, 'ekiben_connections_closed_total{reason="body"}') >= 1


def test_client_that_takes_no_answer_is_given_up(impatient: ServerProcess) -> None:
    with socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.settimeout(60)
        greedy.connect(("127.0.0.1", impatient.port))
        greedy.sendall(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n" * 16)
        while not metric(impatient, 'ekiben_connections_closed_total{reason="write"}'):
            pass
    assert impatient.ask("POST", "/api/v1/leaf", LEAF).status == 200
