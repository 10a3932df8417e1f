"""How the server stops: nobody's request is lost."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bentos.core.manifest import MANIFEST_NAME
from tests.support.serving import Answered, ServerProcess, serving, started
from tests.support.tiny.definition import LEAF
from tests.support.tiny.package import TinyPackage

CALLERS = 4
HEADERS = {"Content-Type": "application/json"}


class Caller(threading.Thread):
    """Calls without pause, on connections that it keeps as long as it may; notes every answer and every
    failure."""

    def __init__(self, process: ServerProcess) -> None:
        super().__init__(daemon=True)
        self.answers: list[tuple[float, Answered]] = []
        self.failures: list[Exception] = []
        self.enough = threading.Event()
        self._process = process

    def run(self) -> None:
        connection = self._process.connect()
        while not self.enough.is_set():
            begun = time.monotonic()
            try:
                connection.request("POST", "/api/v1/leaf", json.dumps(LEAF), HEADERS)
                answered = Answered(connection.getresponse())
            except (OSError, http.client.HTTPException) as failure:
                self.failures.append(failure)
                connection.close()
            else:
                self.answers.append((begun, answered))
                if answered.headers.get("connection") == "close":
                    connection.close()
        connection.close()


@pytest.fixture
def callers() -> Iterator[list[Caller]]:
    made: list[Caller] = []
    yield made
    for caller in made:
        caller.enough.set()
        caller.join()


def wait_until(process: ServerProcess, status: int) -> None:
    """Ask until readiness answers with this status."""
    while process.ask("GET", "/readyz").status != status:
        time.sleep(0.01)


def test_nobody_is_lost_while_the_process_lingers(tiny_package: TinyPackage, callers: list[Caller]) -> None:
    with serving({**tiny_package.environment, "EKIBEN_SERVER_LINGER_SECONDS": "5"}) as process:
        callers += [Caller(process) for _ in range(CALLERS)]
        slow: list[Answered] = []
        nap = threading.Thread(target=lambda: slow.append(process.ask("POST", "/api/v1/nap", {"seconds": 1})))
        for thread in (*callers, nap):
            thread.start()
        while any(len(caller.answers) < 20 for caller in callers):
            time.sleep(0.01)
        process.signal()
        wait_until(process, 503)
        lingering_since = time.monotonic()
        while any(len(caller.answers) < 60 for caller in callers):
            time.sleep(0.01)
        assert process.ask("GET", "/livez").status == 200
        for caller in callers:
            caller.enough.set()
            caller.join()
        nap.join()
        assert process.exit_code() == 0
    assert [caller.failures for caller in callers] == [[]] * CALLERS
    answers = [answer for caller in callers for answer in caller.answers]
    assert {answer.status for _, answer in answers} == {200}
    late = [answer for begun, answer in answers if begun > lingering_since]
    assert len(late) > 10
    assert {answer.headers.get("connection") for answer in late} == {"close"}
    assert slow[0].status == 200


def test_request_under_way_is_finished_after_the_listener_is_closed(tiny_package: TinyPackage) -> None:
    with serving(tiny_package.environment) as process:
        connection = process.connect()
        connection.request("POST", "/api/v1/nap", json.dumps({"seconds": 1.5}), HEADERS)
        # By the time this is answered, what was sent before it has been read.
        process.ask("GET", "/livez")
        process.signal()
        assert Answered(connection.getresponse()).json == {"seconds": 1.5}
        connection.close()
        assert process.exit_code() == 0
        with pytest.raises(ConnectionRefusedError):
            process.connect().connect()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_ends_the_lingering(tiny_package: TinyPackage, number: int) -> None:
    with serving({**tiny_package.environment, "EKIBEN_SERVER_LINGER_SECONDS": "600"}) as process:
        process.signal(number)
        wait_until(process, 503)
        process.signal(number)
        assert process.exit_code() == 0


def test_process_that_still_loads_answers_probes_and_stops_at_once(
    tiny_package: TinyPackage, tmp_path: Path
) -> None:
    # Who reads a pipe that nobody writes to waits; so does the loading of this package.
    os.mkfifo(tmp_path / MANIFEST_NAME)
    settings = {"EKIBEN_SERVER_LINGER_SECONDS": "600", "EKIBEN_MODEL_URI": str(tmp_path)}
    with started({**tiny_package.environment, **settings}) as process:
        process.port = json.loads(process.wait_for("Listening"))["port"]
        assert process.ask("GET", "/livez").status == 200
        assert process.ask("GET", "/docs").status == 200
        for method, path in (("GET", "/readyz"), ("POST", "/api/v1/leaf"), ("GET", "/openapi.json")):
            reply = process.ask(method, path)
            assert (path, reply.status, reply.headers["retry-after"]) == (path, 503, "1")
        process.signal()
        assert process.exit_code() == 0
