"""Run the real server in a process of its own, and talk to it."""

import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TINY = "tests.support.tiny.definition:DEFINITION"
START_SECONDS = 60.0
STOP_SECONDS = 60.0


class Answered:
    """One answer over the wire."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.content = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class ServerProcess:
    """A server process, its log lines, and its address once it has told it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.text: list[str] = []
        self.port = 0
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.text.append(line.rstrip("\n"))
            self._lines.put(line)
        self._lines.put(None)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines that are JSON."""
        return [json.loads(line) for line in self.text if line.startswith("{")]

    def wait_for(self, words: str) -> str:
        """Return the next line with these words; fail with all lines if the process ends before."""
        while (line := self._lines.get(timeout=START_SECONDS)) is not None:
            if words in line:
                return line
        raise AssertionError(f"ended with {self.exit_code()} before {words!r}:\n" + "\n".join(self.text))

    def signal(self, number: int = signal.SIGTERM) -> None:
        self._process.send_signal(number)

    def exit_code(self) -> int:
        """Wait for the end."""
        code = self._process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)
        return code

    def close(self) -> None:
        """Stop the process if it still runs; it is asked first, because it may have children to stop."""
        if self._process.poll() is None:
            self.signal()
        try:
            self.exit_code()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.exit_code()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def connect(self, timeout_seconds: float = 60.0) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_seconds)

    def ask(
        self, method: str, path: str, document: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answered:
        """Send one request on a connection of its own; bytes are sent as they are, the rest as JSON."""
        content = (
            document if document is None or isinstance(document, bytes) else json.dumps(document).encode()
        )
        declared = {} if document is None else {"Content-Type": "application/json"}
        connection = self.connect()
        try:
            connection.request(method, path, body=content, headers={**declared, **(headers or {})})
            return Answered(connection.getresponse())
        finally:
            connection.close()


@contextmanager
def started(
    environment: Mapping[str, str],
    service: str = TINY,
    module: str = "bentos.core.serve",
    folder: Path = ROOT,
) -> Iterator[ServerProcess]:
    """A server process on a free port that may not be ready yet."""
    settings = {"EKIBEN_SERVER_PORT": "0", "EKIBEN_SERVER_LINGER_SECONDS": "0", **environment}
    process = ServerProcess([sys.executable, "-m", module, service], settings, folder)
    try:
        yield process
    finally:
        process.close()


@contextmanager
def serving(
    environment: Mapping[str, str],
    service: str = TINY,
    module: str = "bentos.core.serve",
    folder: Path = ROOT,
) -> Iterator[ServerProcess]:
    """A server process that is ready."""
    with started(environment, service, module, folder) as process:
        process.port = json.loads(process.wait_for('"event":"Ready"'))["port"]
        yield process


def free_port() -> int:
    """A port of this machine that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def bentoml_serving(
    target: str, name: str, environment: Mapping[str, str], home: Path, folder: Path = ROOT
) -> Iterator[ServerProcess]:
    """BentoML's own server, ready, for a bento or for the service `name` at `module:Class`."""
    port = free_port()
    command = [sys.executable, "-m", "bentoml", "serve", target, "--host", "127.0.0.1", "--port", str(port)]
    settings = {**environment, "BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "true"}
    process = ServerProcess(command, settings, folder)
    process.port = port
    try:
        process.wait_for(f"Service {name} initialized")
        yield process
    finally:
        process.close()
