"""The server as a process: how it starts, what it loads, and how it refuses to."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from bentos.core.manifest import MANIFEST_NAME, SIGNATURE_NAME
from tests.support.serving import ServerProcess, serving, started
from tests.support.tiny.definition import FAULTY_HEIGHT, LEAF
from tests.support.tiny.package import TinyPackage, make_package

NEVER_IMPORTED = {"mlflow", "pandas", "sklearn", "skops", "joblib", "cloudpickle", "dill", "training"}
IMPORTED_LATER = {"bentoml", "_bentoml_sdk", "_bentoml_impl", "xgboost", "scipy"}


@pytest.fixture(scope="module")
def process(tiny_package: TinyPackage) -> Any:
    with serving(tiny_package.environment) as running:
        yield running


@pytest.fixture
def own_package(tmp_path: Path) -> TinyPackage:
    """A package to tamper with."""
    return make_package(tmp_path)


def test_start_line_says_what_serves_where(process: ServerProcess, tiny_package: TinyPackage) -> None:
    (line,) = [event for event in process.events if event["event"] == "Ready"]
    assert (line["service"], line["host"], line["port"]) == ("tiny", "127.0.0.1", process.port)
    assert (line["model_version"], line["model_digest"]) == ("7", tiny_package.pin.digest)
    assert line["auth"] == "off"
    assert line["seconds_to_ready"] > 0


def test_answers_over_the_wire(process: ServerProcess) -> None:
    assert process.ask("POST", "/api/v1/leaf", LEAF).json["model_version"] == "7"
    assert process.ask("GET", "/readyz").json == {"status": "ready"}
    assert process.ask("HEAD", "/api/v1/trees/1").content == b""
    assert "server" not in process.ask("GET", "/livez").headers


def test_connection_is_kept_for_the_next_request(process: ServerProcess) -> None:
    connection = process.connect()
    for _ in range(3):
        connection.request("POST", "/api/v1/leaf", json.dumps(LEAF), {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert (response.status, response.getheader("connection")) == (200, None)
        response.read()
    connection.close()


@pytest.mark.parametrize("size", [1025, 100_000, 3_000_000, 40_000_000])
def test_body_that_is_too_large_is_refused_where_the_client_sees_it(
    process: ServerProcess, size: int
) -> None:
    reply = process.ask("POST", "/api/v1/leaf", b" " * size)
    assert (reply.status, reply.json["detail"]) == (413, "This route takes at most 1024 bytes.")
    assert process.ask("POST", "/api/v1/leaf", LEAF).status == 200


def test_chunked_body_that_is_too_large_is_refused_where_the_client_sees_it(process: ServerProcess) -> None:
    connection = process.connect()
    for size in (2, 100):
        parts = iter([b" " * 64 * 1024] * size)
        connection.request("POST", "/api/v1/leaf", parts, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert (response.status, response.getheader("connection")) == (413, None)
        response.read()
    connection.close()


def test_fault_is_in_the_log_with_its_trace_and_not_in_the_answer(process: ServerProcess) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"X-Request-ID": "fault-1", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    reply = process.ask("POST", "/api/v1/leaf", {"height": FAULTY_HEIGHT, "width": 1}, headers)
    assert (reply.status, reply.headers["x-request-id"]) == (500, "fault-1")
    assert b"secret" not in reply.content
    process.wait_for('"status":500')
    logged = [event for event in process.events if event.get("request_id") == "fault-1"]
    assert {event["trace_id"] for event in logged} == {trace}
    assert any("ZeroDivisionError: a secret" in event.get("exception", "") for event in logged)


def test_every_line_of_the_log_is_json(process: ServerProcess) -> None:
    assert all(line.startswith("{") for line in process.text)


def test_ready_process_has_imported_only_what_it_needs(tiny_package: TinyPackage, tmp_path: Path) -> None:
    notes = tmp_path / "audit"

    def imported() -> set[str]:
        lines = notes.read_text().splitlines()
        return {line.split()[1].partition(".")[0] for line in lines if line.startswith("import ")}

    environment = {**tiny_package.environment, "AUDIT_FILE": str(notes)}
    with serving(environment, module="tests.support.audited") as process:
        assert "onnxruntime" in imported()
        assert process.ask("POST", "/api/v1/leaf", LEAF).status == 200
        assert imported() & (NEVER_IMPORTED | IMPORTED_LATER) == set()
        assert process.ask("POST", "/api/v1/leaves", {"leaves": [LEAF] * 100}).status == 200
        assert "xgboost" in imported()
        assert imported() & {"bentoml", "mlflow"} == set()
        assert [line for line in notes.read_text().splitlines() if line.startswith("pickle.")] == []


def exit_of(environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Return how the process ended, and its error line."""
    with started(environment) as process:
        code = process.exit_code()
        assert not any("Traceback" in line for line in process.text)
        (line,) = [event for event in process.events if event["level"] == "error"]
        return code, line


@pytest.mark.parametrize("name", ["model.onnx", "model.ubj", MANIFEST_NAME])
def test_altered_package_ends_the_process_by_file_and_digest(own_package: TinyPackage, name: str) -> None:
    path = own_package.folder / name
    path.write_bytes(path.read_bytes() + b" ")
    code, line = exit_of(own_package.environment)
    assert code == line["exit_code"] == 6
    assert f"{name} at {own_package.folder} was altered: expected sha256:" in line["event"]


def test_unsigned_package_ends_the_process_by_file_and_digest(own_package: TinyPackage) -> None:
    (own_package.folder / SIGNATURE_NAME).unlink()
    code, line = exit_of(own_package.environment)
    assert code == 6
    assert f"{MANIFEST_NAME} ({own_package.pin.digest})" in line["event"]
    assert "no signature" in line["event"]


def test_unpinned_package_ends_the_process(own_package: TinyPackage) -> None:
    code, line = exit_of({**own_package.environment, "EKIBEN_MODEL_DIGEST": ""})
    assert code == 6
    assert f"{own_package.folder} is not pinned" in line["event"]


def test_taken_port_ends_the_process(tiny_package: TinyPackage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, line = exit_of({**tiny_package.environment, "EKIBEN_SERVER_PORT": str(port)})
    assert code == 5
    assert f"Can't listen on 127.0.0.1 port {port}: address already in use" in line["event"]


def test_process_without_a_pin_lives_says_so_once_and_ends_at_once() -> None:
    with started({"EKIBEN_MODEL_SOURCE": "registry"}) as process:
        process.port = json.loads(process.wait_for('"event":"Listening"'))["port"]
        process.wait_for("No model is pinned yet")
        assert process.ask("GET", "/livez").status == 200
        ready = process.ask("GET", "/readyz")
        assert (ready.status, ready.json["type"]) == (503, "urn:ekiben:problem:not-ready")
        assert ready.json["detail"].startswith("No model is pinned yet")
        assert process.ask("POST", "/api/v1/leaf", LEAF).status == 503
        assert b"ekiben_ready 0.0" in process.ask("GET", "/metrics").content
        process.signal()
        assert process.exit_code() == 0
        assert len([line for line in process.text if "No model is pinned yet" in line]) == 1


def test_restarted_process_takes_its_package_from_the_cache(own_package: TinyPackage, tmp_path: Path) -> None:
    environment = {**own_package.environment, "EKIBEN_MODEL_CACHE": str(tmp_path / "cache")}
    with serving(environment):
        pass
    for path in own_package.folder.iterdir():
        path.unlink()
    with serving(environment) as process:
        assert process.ask("POST", "/api/v1/leaf", LEAF).json["model_version"] == "7"
        assert "The package is taken from the cache" in [event["event"] for event in process.events]


def test_store_that_hangs_is_an_error_in_bounded_time(own_package: TinyPackage) -> None:
    (own_package.folder / MANIFEST_NAME).unlink()
    os.mkfifo(own_package.folder / MANIFEST_NAME)
    environment = {**own_package.environment, "EKIBEN_MODEL_FETCH_TIMEOUT_SECONDS": "0.5"}
    with started(environment) as process:
        assert process.exit_code() == 6
        assert "no answer within 0.5 s" in process.text[-2]
