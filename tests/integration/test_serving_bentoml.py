"""BentoML's own server, client and pages, beside ours and inside of it."""

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.serving import ServerProcess, bentoml_serving, serving
from tests.support.tiny.definition import FORBIDDEN_HEIGHT, LEAF
from tests.support.tiny.package import TinyPackage
from tests.support.tiny.soil import MOISTURE

KEY = "a key for the client"
SECRET = {"EKIBEN_AUTH_KEY_DIGESTS": hashlib.sha256(KEY.encode()).hexdigest()}
HEADERS = {"X-API-Key": KEY}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"BENTOML_HOME": str(tmp_path_factory.mktemp("bentoml")), "BENTOML_DO_NOT_TRACK": "true"}


@pytest.fixture(scope="module")
def ours(tiny_package: TinyPackage, home: dict[str, str]) -> Iterator[ServerProcess]:
    with serving({**tiny_package.environment, **SECRET, **home}) as process:
        yield process


@pytest.fixture(scope="module")
def theirs(tiny_package: TinyPackage, home: dict[str, str]) -> Iterator[ServerProcess]:
    environment = {**tiny_package.environment, **SECRET}
    with bentoml_serving(
        "tests.support.tiny.service:Tiny", "tiny", environment, Path(home["BENTOML_HOME"])
    ) as process:
        yield process


CALL = """
import json, sys, bentoml
with bentoml.SyncHTTPClient(sys.argv[1], token=sys.argv[2]) as client:
    print(json.dumps(client.judge_leaf(json.loads(sys.argv[3]))))
"""


def call_as_bentoml_does(process: ServerProcess, leaf: Any) -> Any:
    """Call in a process of its own: BentoML's client leaves things behind."""
    arguments = [f"http://127.0.0.1:{process.port}", KEY, json.dumps(leaf)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CALL, *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("server", ["ours", "theirs"])
def test_python_client_of_bentoml_works(server: str, request: pytest.FixtureRequest) -> None:
    answer = call_as_bentoml_does(request.getfixturevalue(server), LEAF)
    assert answer["model_version"] == "7"
    assert 0.5 <= answer["confidence"] <= 1


def test_both_servers_answer_alike(ours: ServerProcess, theirs: ServerProcess) -> None:
    questions: list[tuple[str, str, Any, dict[str, str]]] = [
        ("POST", "/api/v1/leaf", LEAF, HEADERS),
        ("POST", "/api/v1/leaf", LEAF, {}),
        ("POST", "/api/v1/leaf", {"height": 1}, HEADERS),
        ("POST", "/api/v1/leaf", b"{", HEADERS),
        ("POST", "/api/v1/leaf", {"height": FORBIDDEN_HEIGHT, "width": 1}, HEADERS),
        ("POST", "/api/v1/leaves", {"leaves": [LEAF] * 100}, HEADERS),
        ("POST", "/api/v1/leaves", b" " * 300_000, HEADERS),
        ("PUT", "/api/v1/leaf", None, HEADERS),
        ("GET", "/api/v1/trees/2", None, HEADERS),
        ("GET", "/api/v1/greeting", None, {**HEADERS, "Accept-Language": "fr"}),
        ("GET", "/api/v1/soil", None, HEADERS),
        ("GET", "/nowhere", None, HEADERS),
        ("GET", "/nowhere", None, {}),
        ("GET", "/readyz", None, {}),
        ("GET", "/openapi.json", None, {}),
        ("GET", "/schema.json", None, HEADERS),
        ("GET", "/docs.json", None, {}),
    ]
    for question in questions:
        one, other = ours.ask(*question), theirs.ask(*question)
        assert (question, one.status, one.json) == (question, other.status, other.json)
        assert set(one.headers) == set(other.headers) - {"x-bentoml-request-id"}


def test_both_servers_stream_alike(ours: ServerProcess, theirs: ServerProcess) -> None:
    for path in ("/api/v1/rings", "/api/v1/rings?refused_at=0", "/api/v1/rings?faulty_at=1"):
        one, other = ours.ask("GET", path, headers=HEADERS), theirs.ask("GET", path, headers=HEADERS)
        assert (path, one.status, one.content) == (path, other.status, other.content)
        assert set(one.headers) == set(other.headers)


def test_client_of_bentoml_that_leaves_a_stream_ends_it(theirs: ServerProcess) -> None:
    connection = theirs.connect()
    connection.request("GET", "/api/v1/rings?pause_seconds=3600", headers=HEADERS)
    assert connection.getresponse().read1().startswith(b"event: ring\n")
    connection.close()
    theirs.wait_for('"status":499')


def test_metrics_are_ours_in_both(ours: ServerProcess, theirs: ServerProcess) -> None:
    for process in (ours, theirs):
        samples = process.ask("GET", "/metrics").content.decode()
        assert "ekiben_ready 1.0" in samples
        assert "bentoml_service" not in samples
        assert f"tiny_soil_moisture {MOISTURE}\n" in samples


def said_by_libraries() -> list[str]:
    """What compiled libraries write on this machine when they are loaded, past every logger."""
    command = [sys.executable, "-W", "ignore", "-c", "import tests.support.tiny.service"]
    told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return told.stdout.splitlines()


def without_numbers(lines: list[str]) -> set[str]:
    return {re.sub(r"\d+", "", line) for line in lines}


def test_bentoml_comes_into_our_process_with_the_first_path_that_only_it_knows(
    tiny_package: TinyPackage, home: dict[str, str], tmp_path: Path
) -> None:
    notes = tmp_path / "audit"
    environment = {**tiny_package.environment, **home, "AUDIT_FILE": str(notes)}
    with serving(environment, module="tests.support.audited") as process:
        assert process.ask("POST", "/api/v1/leaf", LEAF).status == 200
        assert "import bentoml\n" not in notes.read_text()
        page = process.ask("GET", "/")
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "import bentoml\n" in notes.read_text()
        mounted = process.wait_for("BentoML's application is mounted")
        assert process.ask("GET", "/healthz").status == 200
        assert process.text.count(mounted.rstrip("\n")) == 1
        loud = [line for line in process.text if not line.startswith("{")]
        process.signal()
        assert process.exit_code() == 0
    assert without_numbers(loud) <= without_numbers(said_by_libraries())


def test_broken_service_module_is_a_500_and_the_routes_go_on(
    tiny_package: TinyPackage, home: dict[str, str]
) -> None:
    environment = {**tiny_package.environment, **home}
    with serving(environment, service="tests.support.tiny.broken:DEFINITION") as process:
        assert process.ask("GET", "/docs.json").status == 500
        assert process.ask("GET", "/docs.json").json["type"] == "urn:ekiben:problem:internal-failure"
        assert process.ask("POST", "/api/v1/leaf", LEAF).status == 200
        deadline = time.monotonic() + 30
        while "service_that_is_not_there" not in "\n".join(process.text) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "service_that_is_not_there" in "\n".join(process.text)
