"""The request that `ekiben up` shows: taken from the service's document, and it works as printed."""

import http.server
import json
import shlex
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from bentos.core.model import LoadedModel
from bentos.core.openapi import describe_service
from tests.support.tiny.definition import DEFINITION
from tests.support.tiny.fixtures import tiny_model, tiny_package
from training.core.trial import Trial, ask_page, find_trial

__all__ = ["tiny_model", "tiny_package"]


class Documented(http.server.BaseHTTPRequestHandler):
    """Serves an OpenAPI document, and echoes what is posted."""

    document: ClassVar[dict[str, Any]] = {}
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        self._answer(json.dumps(self.document).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(f"{self.path} {self.headers['Content-Type']} ".encode() + body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def base_url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Documented) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _post(example: object = None) -> dict[str, Any]:
    content = {"schema": {}} if example is None else {"schema": {}, "example": example}
    return {"post": {"requestBody": {"content": {"application/json": content}}}}


def test_first_post_with_an_example_is_tried(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {
        "/things": {"get": {}},
        "/bare": _post(),
        "/predict": _post({"id": 25}),
        "/later": _post({"id": 1}),
    }
    monkeypatch.setattr(Documented, "document", {"paths": paths})
    trial = find_trial(base_url)
    assert trial == Trial(base_url, "/predict", {"id": 25})
    assert trial.ask() == '/predict application/json {"id": 25}'


def test_service_without_examples_has_no_trial(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Documented, "document", {"paths": {"/things": {"get": {}}, "/bare": _post()}})
    assert find_trial(base_url) is None


@pytest.mark.parametrize("needs_key", [True, False])
def test_service_that_asks_for_a_key_gets_a_placeholder(
    base_url: str, monkeypatch: pytest.MonkeyPatch, tiny_model: LoadedModel, needs_key: bool
) -> None:
    document = describe_service(DEFINITION, tiny_model.routes, "1", needs_key)
    monkeypatch.setattr(Documented, "document", json.loads(document))
    trial = find_trial(base_url)
    assert trial
    assert trial.needs_key is needs_key
    assert ("X-API-Key: YOUR-KEY" in shlex.split(trial.curl())) is needs_key


def test_operation_that_asks_for_no_key_outranks_the_document(
    base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _post({"id": 25})
    path["post"]["security"] = []
    document = {"security": [{"ApiKey": []}], "paths": {"/predict": path}}
    monkeypatch.setattr(Documented, "document", document)
    trial = find_trial(base_url)
    assert trial
    assert not trial.needs_key


def test_page_that_is_not_answered_well_is_empty(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Documented, "document", {"asked": "é"})
    assert json.loads(ask_page(base_url, "/anything?limit=2")) == {"asked": "é"}
    monkeypatch.setattr(Documented, "status", 404)
    assert ask_page(base_url, "/anything") == ""
    assert ask_page("http://127.0.0.1:9", "/anything") == ""


def test_printed_command_survives_a_shell() -> None:
    trial = Trial("http://127.0.0.1:3000", "/predict", {"name": "Farfetch'd", "move": "Flügel $1"})
    words = shlex.split(trial.curl())
    assert words[:3] == ["curl", "-s", "http://127.0.0.1:3000/predict"]
    assert json.loads(words[-1]) == trial.body
