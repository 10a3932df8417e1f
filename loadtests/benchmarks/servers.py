"""One server under measurement: a process bound to its core, and what it takes of memory and time."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from loadtests.benchmarks.bodies import JSON, OCTETS
from loadtests.benchmarks.cores import on_core
from loadtests.benchmarks.errors import ServerUnusable

HOST = "127.0.0.1"
START_SECONDS = 90.0
STOP_SECONDS = 20.0
PAUSE_SECONDS = 0.005
ANSWER_SECONDS = 60.0
NO_BODY = ""
"""The content type of a question without one, which is asked with GET."""
JSON_LENGTH = "Inference-Header-Content-Length"
MEGABYTE = 1e6


@dataclass(frozen=True)
class Question:
    """One request that must be answered with 200."""

    path: str
    content: bytes
    content_type: str = JSON
    json_bytes: int = 0

    @property
    def method(self) -> str:
        """How it is asked."""
        return "GET" if self.content_type == NO_BODY else "POST"

    def headers(self, key: str) -> dict[str, str]:
        """Return what is sent beside it."""
        told = {"Content-Type": self.content_type, JSON_LENGTH: str(self.json_bytes), "X-API-Key": key}
        if self.content_type != OCTETS:
            del told[JSON_LENGTH]
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True)
class Answer:
    """What came back; `json_bytes` is how much of it is JSON if bytes follow, else 0."""

    status: int
    content: bytes
    json_bytes: int


class Server:
    """A running server and its children, as one."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", port: int, key: str) -> None:
        self.name = name
        self.url = f"http://{HOST}:{port}"
        self.port = port
        self.key = key
        self._process = process
        self.start_seconds = 0.0

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.poll() is not None

    def ask(self, question: Question) -> Answer:
        """Ask once, on a connection of its own. Raises OSError or HTTPException."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_SECONDS)
        with closing(connection):
            connection.request(question.method, question.path, question.content, question.headers(self.key))
            response = connection.getresponse()
            return Answer(response.status, response.read(), int(response.getheader(JSON_LENGTH) or 0))

    def await_answer(self, question: Question, since: float) -> None:
        """Return at the first answer with 200. Raises ServerUnusable if there is none in good time."""
        last = "nothing listened"
        while time.monotonic() - since < START_SECONDS:
            if self.has_ended:
                raise ServerUnusable(self.name, f"it ended with {self._process.returncode}")
            try:
                answer = self.ask(question)
            except (OSError, http.client.HTTPException) as error:
                last = str(error)
            else:
                if answer.status == http.HTTPStatus.OK:
                    self.start_seconds = time.monotonic() - since
                    return
                last = f"{answer.status} {answer.content[:300]!r}"
            time.sleep(PAUSE_SECONDS)
        raise ServerUnusable(self.name, f"no answer within {START_SECONDS:g} s, the last one was {last}")

    def resident_megabytes(self) -> float:
        """Return the resident memory of all its processes together."""
        return self._total(lambda one: one.memory_info().rss) / MEGABYTE

    def processor_seconds(self) -> float:
        """Return how long all its processes ran on a processor."""
        return self._total(lambda one: sum(one.cpu_times()[:2]))

    def open_files(self) -> int:
        """Return how many files and connections all its processes have open."""
        return int(self._total(lambda one: one.num_fds()))

    def stop(self) -> None:
        """Stop it and its children: politely, then not."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _total(self, read: Callable[[psutil.Process], float]) -> float:
        total = 0.0
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.pid)
            total += read(first)
            for child in first.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    total += read(child)
        return total


@dataclass(frozen=True)
class Launch:
    """How to start a server: `{port}`, `{port_2}` and `{port_3}` in the command are free ports."""

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


def start(launch: Launch, question: Question, core: int, log: Path) -> Server:
    """Start a server and wait for its first answer. Raises ServerUnusable."""
    ports = free_ports(3)
    named = dict(zip(("port", "port_2", "port_3"), map(str, ports), strict=True))
    command = [part.format(**named) for part in launch.command]
    settings = {name: value.format(**named) for name, value in launch.environment.items()}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        since = time.monotonic()
        process = subprocess.Popen(
            on_core(core, command),
            cwd=launch.folder,
            env={**_own_environment(), **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(launch.name, process, ports[0], launch.key)
    try:
        server.await_answer(question, since)
    except BaseException as error:
        server.stop()
        if isinstance(error, ServerUnusable):
            tail = log.read_text(errors="replace")[-1500:]
            raise ServerUnusable(launch.name, f"{error}\n{tail}") from error
        raise
    return server


def _own_environment() -> dict[str, str]:
    """Return this process's variables, but for the one with which no start would be faster than the first."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def end_politely() -> None:
    """Have SIGTERM end this process as Ctrl-C does: servers and load generators end with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody listens on now."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
