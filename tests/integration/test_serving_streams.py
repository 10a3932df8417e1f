"""Streams over real connections: pieces arrive one by one, and whoever leaves is missed."""

import http.client
import json
import time
from collections.abc import Iterator

import pytest

from tests.support.serving import ServerProcess, serving
from tests.support.tiny.package import TinyPackage

RINGS = "/api/v1/rings"


@pytest.fixture(scope="module")
def process(tiny_package: TinyPackage) -> Iterator[ServerProcess]:
    with serving(tiny_package.environment) as started:
        yield started


def begin(process: ServerProcess, path: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = process.connect()
    connection.request("GET", path)
    return connection, connection.getresponse()


def count_of(process: ServerProcess, code: int) -> float:
    wanted = f'ekiben_requests_total{{code="{code}",method="GET",route="{RINGS}"}} '
    lines = process.ask("GET", "/metrics").content.decode().splitlines()
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


def test_first_event_is_there_long_before_the_last(process: ServerProcess) -> None:
    connection, response = begin(process, f"{RINGS}?rings=2&pause_seconds=3600")
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.read1() == b'event: ring\ndata: {"number":0,"language":"none"}\n\n'
    connection.close()


def test_client_that_leaves_ends_the_stream_and_is_counted(process: ServerProcess) -> None:
    before = count_of(process, 499)
    connection, response = begin(process, f"{RINGS}?pause_seconds=3600")
    response.read1()
    connection.close()
    process.wait_for("Growing ended")
    while count_of(process, 499) == before:
        time.sleep(0.01)


def test_connection_is_kept_after_a_stream(process: ServerProcess) -> None:
    connection = process.connect()
    connection.connect()
    first = connection.sock
    for _ in range(2):
        connection.request("GET", RINGS)
        assert connection.getresponse().read().count(b"event: ring\n") == 3
    assert connection.sock is first
    connection.close()


def test_stream_begins_in_a_trace_and_its_log_lines_name_the_request(process: ServerProcess) -> None:
    reply = process.ask("GET", RINGS, headers={"X-Request-ID": "ringing"})
    assert reply.headers["x-request-id"] == "ringing"
    assert '"request_id":"ringing"' in process.wait_for('"request_id":"ringing"')


def test_stream_that_ends_in_time_is_finished_while_the_process_stops(tiny_package: TinyPackage) -> None:
    with serving(tiny_package.environment) as process:
        connection, response = begin(process, f"{RINGS}?rings=3&pause_seconds=0.3")
        response.read1()
        process.signal()
        assert response.read().count(b"event: ring\n") == 2
        connection.close()
        assert process.exit_code() == 0


def test_stream_without_end_is_cut_when_the_process_stops(tiny_package: TinyPackage) -> None:
    with serving({**tiny_package.environment, "EKIBEN_SERVER_DRAIN_SECONDS": "1"}) as process:
        connection, response = begin(process, f"{RINGS}?pause_seconds=3600")
        response.read1()
        process.signal()
        with pytest.raises(http.client.IncompleteRead):
            response.read()
        connection.close()
        assert process.exit_code() == 0
    events = [event["event"] for event in process.events]
    assert events.index("Growing ended") < events.index("The soil is closed")
    assert json.loads(process.text[-1])["event"] == "Stopped"
