"""The servers that are compared, all with the same synthetic model: the ceiling, the peers, Ekiben.

Peers get ready-made features in their ordinary JSON; what they are asked and how their answers are read is
here, their programs are in `peers/`.
"""

import hashlib
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bentos.core.scorers import FloatArray
from loadtests.benchmarks.bodies import OCTETS
from loadtests.benchmarks.environments import Environment
from loadtests.benchmarks.forms import Contender, Form, Sample
from loadtests.benchmarks.servers import HOST, Answer, Launch
from loadtests.benchmarks.synthetic.definition import INPUT, NAME, OUTPUT
from loadtests.benchmarks.synthetic.model import TrainedModel, draw_rows
from loadtests.benchmarks.tensor_bodies import binary_body, json_body, read_binary, read_json, shortest

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).with_name("peers")
CEILING = "no-op ASGI"
SYNTHETIC = "Ekiben, synthetic"

Encode = Callable[[FloatArray], Any]


class Contenders:
    """Makes them, given the model in a working folder."""

    def __init__(self, model: TrainedModel, folder: Path) -> None:
        self._model = model
        self._folder = folder
        self._file = folder / "model.ubj"
        folder.mkdir(parents=True, exist_ok=True)
        self._file.write_bytes(model.ubj)

    def no_op(self) -> Contender:
        """Uvicorn around an application that computes nothing."""
        command = ("-m", "uvicorn", "noop:app", "--no-access-log", "--log-level", "warning")
        return Contender(
            self._peer(CEILING, "noop", (*command, "--port", "{port}")),
            self._json("/predict", lambda rows: dict(_named(rows)), None),
        )

    def fastapi(self) -> Contender:
        """What tutorials have: FastAPI, pandas, XGBClassifier."""
        command = ("-m", "uvicorn", "fastapi_app:app", "--no-access-log", "--log-level", "warning")
        single = self._json("/predict", lambda rows: dict(_named(rows)), lambda told: [told["probability"]])
        return Contender(
            self._peer("FastAPI + pandas + XGBClassifier", "fastapi", (*command, "--port", "{port}")), single
        )

    def bentoml(self) -> Contender:
        """BentoML as it is installed, with a synchronous API."""
        command = ("-m", "bentoml", "serve", "bento_service:Scorer", "--host", HOST, "--port", "{port}")
        environment = {"BENTOML_HOME": str(self._folder / "bentoml"), "BENTOML_DO_NOT_TRACK": "True"}
        form = self._json("/predict", lambda rows: {INPUT: _lists(rows)}, lambda told: told)
        return Contender(self._peer("BentoML 1.4.39", "bentoml", command, environment), form, (form,))

    def mlserver(self) -> Contender:
        """MLServer with its runtime for XGBoost."""
        folder = self._folder / "mlserver"
        folder.mkdir(exist_ok=True)
        settings = {
            "name": "bench",
            "implementation": "mlserver_xgboost.XGBoostModel",
            "parameters": {"uri": str(self._file)},
        }
        (folder / "model-settings.json").write_bytes(msgspec.json.encode(settings))
        environment = {
            "MLSERVER_HOST": HOST,
            "MLSERVER_HTTP_PORT": "{port}",
            "MLSERVER_GRPC_PORT": "{port_2}",
            "MLSERVER_METRICS_PORT": "{port_3}",
            "MLSERVER_PARALLEL_WORKERS": "0",
            "MLSERVER_DEBUG": "false",
        }
        form = self._tensors("/v2/models/bench/infer", "predict")
        command = ("-m", "mlserver.cli.main", "start", str(folder))
        return Contender(self._peer("MLServer 1.7.1", "mlserver", command, environment), form, (form,))

    def kserve(self) -> Contender:
        """KServe's Python server."""
        form = self._tensors("/v2/models/bench/infer", OUTPUT)
        command = ("kserve_server.py", "--http_port", "{port}")
        return Contender(self._peer("KServe 0.21", "kserve", command), form, (form,))

    def mlflow(self) -> Contender:
        """MLflow's scoring server."""
        environment = Environment("mlflow")
        saved = self._folder / "mlflow"
        if not saved.exists():
            environment.run("save_mlflow.py", str(self._file), str(saved))
        command = ("-m", "mlflow", "models", "serve", "-m", str(saved), "--env-manager", "local")
        form = self._json(
            "/invocations", lambda rows: {"inputs": _lists(rows)}, lambda told: told["predictions"]
        )
        launch = self._peer("MLflow 3.17.2", "mlflow", (*command, "--host", HOST, "--port", "{port}"))
        return Contender(launch, form, (form,))

    def ekiben(self, settings: dict[str, str]) -> Contender:
        """Ekiben with the package that these settings name."""
        single = self._tensors(f"/v2/models/{NAME}/infer", OUTPUT)
        service = "loadtests.benchmarks.synthetic.definition:DEFINITION"
        return Contender(
            launch_ekiben(SYNTHETIC, service, settings), single, (single, self._binary()), ours=True
        )

    def _peer(
        self, name: str, environment: str, command: Sequence[str], settings: dict[str, str] | None = None
    ) -> Launch:
        made = Environment(environment)
        threads = {"OMP_NUM_THREADS": "1", "BENCH_MODEL": str(self._file), "PATH": made.path}
        return Launch(name, (str(made.python), *command), PEERS, {**threads, **(settings or {})})

    def _json(self, path: str, encode: Encode, read: Callable[[Any], Sequence[float]] | None) -> Form:
        def draw(rows: int, seed: int) -> Sample:
            drawn = draw_rows(rows, seed)
            return Sample(msgspec.json.encode(encode(drawn)), lambda: self._expected(drawn))

        return Form(
            "JSON",
            path,
            draw,
            None if read is None else lambda answer: read(msgspec.json.decode(answer.content)),
        )

    def _tensors(self, path: str, output: str) -> Form:
        def draw(rows: int, seed: int) -> Sample:
            drawn = draw_rows(rows, seed)
            return Sample(json_body({INPUT: drawn}), lambda: self._expected(drawn))

        return Form("JSON", path, draw, lambda answer: read_json(answer.content, output))

    def _binary(self) -> Form:
        def draw(rows: int, seed: int) -> Sample:
            drawn = draw_rows(rows, seed)
            content, json_bytes = binary_body({INPUT: drawn})
            return Sample(content, lambda: self._expected(drawn), json_bytes)

        def read(answer: Answer) -> Sequence[float]:
            return read_binary(answer.content, answer.json_bytes, OUTPUT)

        return Form("binary", f"/v2/models/{NAME}/infer", draw, read, OCTETS)

    def _expected(self, rows: FloatArray) -> list[float]:
        found: list[float] = self._model.score(rows).tolist()
        return found


def launch_ekiben(name: str, service: str, settings: dict[str, str]) -> Launch:
    """Return how Ekiben is started: with a key, metrics and traces, and with its ordinary settings."""
    key = secrets.token_urlsafe(32)
    environment = {
        **settings,
        "EKIBEN_SERVER_PORT": "{port}",
        "EKIBEN_SERVER_LINGER_SECONDS": "0",
        "EKIBEN_AUTH_MODE": "on",
        "EKIBEN_AUTH_KEY_DIGESTS": hashlib.sha256(key.encode()).hexdigest(),
    }
    return Launch(name, (sys.executable, "-m", "bentos.core.serve", service), ROOT, environment, key)


def _named(rows: FloatArray) -> list[tuple[str, float]]:
    return [(f"f{place}", value) for place, value in enumerate(shortest(rows[0]))]


def _lists(rows: FloatArray) -> list[list[float | int]]:
    return [shortest(row) for row in rows]
