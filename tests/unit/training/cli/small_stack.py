"""`ekiben up` with a small web server in place of the model: `python -m ... HOME PORT [ANALYST_PORT]`.

The server is ready at once and answers GET with the version that it serves. A pin with the digest `altered`
does not load, one with `broken` passes its check and then fails to start, one with `long` trains for ever.
"""

import os
import sys
import time
from pathlib import Path
from unittest.mock import patch

from bentos.core.errors import EkibenError
from tests.unit.training.core.services import BROKEN, make_service
from training.cli import up
from training.cli.steps import Step
from training.core.pins import Rollout, read_pin
from training.core.process import Service
from training.core.settings import TrainingSettings

ANSWERING = """
import http.server, json, sys
CONTENT = {"application/json": {"example": {"id": 25}}}
DOCUMENT = {"paths": {"/predict": {"post": {"requestBody": {"content": CONTENT}}}}}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        answer = json.dumps(DOCUMENT) if self.path == "/openapi.json" else sys.argv[2]
        self.wfile.write(answer.encode())
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.end_headers(); self.wfile.write(b"answer to " + body)
http.server.HTTPServer.allow_reuse_address = True
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def pinned(version: str, digest: str = "good") -> Rollout:
    """Return a pin of the version."""
    return Rollout(uri="/nowhere", version=version, digest=digest, public_key="/nowhere.pem")


def _champion(settings: TrainingSettings, model: str, step: Step) -> Rollout:
    rollout = read_pin(settings.home, model)
    assert rollout
    if rollout.digest == "long":
        step.progress("training for ever")
        time.sleep(600)
    return rollout


def _service(settings: TrainingSettings, model: str, rollout: Rollout, port: int) -> Service:
    program = BROKEN if rollout.digest == "broken" else ANSWERING
    return make_service(settings.home, port, program, model, arguments=(rollout.version,))


def _refusal(model: str, rollout: Rollout) -> str | None:
    return "model.ubj was altered" if rollout.digest == "altered" else None


def run(home: Path, port: int, analyst_port: int | None = None) -> int:
    """Run `ekiben up` on the home, with a real analyst if it has a port; return the exit code."""
    os.environ["EKIBEN_HOME"] = str(home)
    try:
        with patch.multiple(up, ensure_champion=_champion, model_service=_service, explain_refusal=_refusal):
            up.up(port=port, no_mlflow=True, analyst_port=analyst_port, no_analyst=analyst_port is None)
    except EkibenError as error:
        sys.stderr.write(f"ekiben: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), *map(int, sys.argv[2:])))
