"""What `helm test` starts, and what a user is told after an installation."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.helm import CHARTS, Object, notes
from tests.support.inference_chart import PIN, REGISTRY, inference

KEY = "the-key"


def _pod(tests: Object | None = None, auth: Object | None = None) -> Object:
    values = {"tests": tests or {}, "auth": auth or {"existingSecret": "battle-keys"}}
    return inference(values).one("Pod")


def _environment(pod: Object) -> dict[str, object]:
    (container,) = pod["spec"]["containers"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def test_test_runs_the_services_image_as_a_caller() -> None:
    found = _pod()
    assert found["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert found["metadata"]["labels"]["ekiben.io/client"] == "true"
    (container,) = found["spec"]["containers"]
    assert (
        container["image"]
        == inference().one("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
    )
    assert container["command"][:2] == ["python", "-c"]
    assert container["command"][2].strip() == (CHARTS / "inference/files/tests/call.py").read_text().strip()


def test_test_asks_the_service_with_the_key_from_the_secret() -> None:
    found = _environment(
        _pod({"existingSecret": "mine", "key": "k", "path": "/p", "body": "{}", "timeoutSeconds": 9})
    )
    assert found == {
        "SERVICE_URL": "http://battle:80",
        "WAIT_SECONDS": "9",
        "REQUEST_PATH": "/p",
        "REQUEST_BODY": "{}",
        "WANTS_KEY": "true",
        "API_KEY": {"secretKeyRef": {"name": "mine", "key": "k"}},
    }


def test_test_without_a_key_gets_none_and_can_be_left_out() -> None:
    assert "API_KEY" not in _environment(_pod())
    assert _environment(_pod(auth={"enabled": False}))["WANTS_KEY"] == "false"
    assert inference({"tests": {"enabled": False}}).of("Pod") == []


@contextmanager
def _service(ready: bool, knows: str) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer((200 if ready else 503) if self.path == "/readyz" else self._verdict())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer(self._verdict())

        def _verdict(self) -> int:
            return 200 if knows in ("", self.headers["x-api-key"]) else 401

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("body", ["{}", ""], ids=["POST", "GET"])
@pytest.mark.parametrize(
    ("ready", "knows", "key", "wants_key", "passes"),
    [
        (True, KEY, KEY, "true", True),
        (True, KEY, "", "true", True),
        (True, "", "", "false", True),
        (True, KEY, "another", "true", False),
        (True, "", KEY, "true", False),
        (True, KEY, "", "false", False),
        (False, KEY, KEY, "true", False),
    ],
)
def test_test_passes_exactly_if_the_service_is_ready_and_asks_for_keys(
    ready: bool, knows: str, key: str, wants_key: str, passes: bool, body: str
) -> None:
    with _service(ready, knows) as url:
        environment = {
            "SERVICE_URL": url,
            "WAIT_SECONDS": "0",
            "REQUEST_PATH": "/p",
            "REQUEST_BODY": body,
            "WANTS_KEY": wants_key,
            "API_KEY": key,
            "PATH": os.environ["PATH"],
        }
        script = CHARTS / "inference/files/tests/call.py"
        done = subprocess.run([sys.executable, script], env=environment, capture_output=True, check=False)
    assert (done.returncode == 0) is passes


def _notes(**values: object) -> str:
    return notes("inference", {"auth": {"existingSecret": "battle-keys"}, **values})


def test_notes_say_how_to_watch_ask_and_test() -> None:
    told = _notes()
    assert "kubectl rollout status deployment/battle --namespace games" in told
    assert "-L ekiben.io/model,ekiben.io/model-version,ekiben.io/hold" in told
    assert 'curl http://battle.games:80/api/v1/predict/battle \\\n    -H "X-API-Key: $API_KEY"' in told
    assert "helm test battle --namespace games --logs" in told
    assert "WARNING" not in told


def test_notes_ask_by_get_where_nothing_is_sent() -> None:
    told = _notes(tests={"path": "/price-analysis?limit=24", "body": ""}, auth={"enabled": False})
    assert "curl http://battle.games:80/price-analysis?limit=24\n" in told
    assert "Content-Type" not in told


def test_notes_say_which_model_is_served() -> None:
    assert "baked into docker.io/ekiben/battle:0.1.0" in _notes()
    assert "ekiben promote battle" in _notes(model=REGISTRY)
    assert "Version 12, pinned" in _notes(model={**REGISTRY, "pin": PIN})


def test_notes_warn_of_open_doors_and_of_doors_that_lead_nowhere() -> None:
    assert "WARNING: auth.enabled is false" in _notes(auth={"enabled": False})
    assert "networkPolicy.store.peers" in _notes(model={**REGISTRY, "store": {"workloadIdentity": True}})
