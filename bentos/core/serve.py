"""`python -m bentos.core.serve SERVICE`: the process in every pod, and on a developer's machine.

It listens at once, so that a port that is taken fails at once and liveness can be probed; fetches, verifies
and self-tests the pinned model in a thread; then takes requests. It imports neither BentoML nor XGBoost for
that: the first comes when a path is asked for that is not a route of the service, the second with the first
large batch.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from bentos.core.admission import Admission
from bentos.core.auth import Guard, is_loopback, open_guard
from bentos.core.connections import Connections, allow_connections
from bentos.core.errors import EkibenError, SettingsError
from bentos.core.gateway import Gateway
from bentos.core.loaded import share_model
from bentos.core.loggers import get_logger
from bentos.core.logs import configure_logs
from bentos.core.model import LoadedModel, find_definition, load_model
from bentos.core.mounted_bento import MountedBento
from bentos.core.opened import OpenedService
from bentos.core.protocol import Door
from bentos.core.routing import ServiceDefinition
from bentos.core.server import Server, listen, make_server, share
from bentos.core.settings import ServerSettings, Settings
from bentos.core.threads import run_in_daemon_thread

if TYPE_CHECKING:
    from bentos.core.inference_protocol.grpc.server import GrpcServer

_log = get_logger("ekiben.serve")

SWITCH_SECONDS = 0.00005
"""How long a worker thread may keep the event loop from running Python. The loop asks for the interpreter
several times for each request, so this bounds its rate while batches are worked on. On one processor, with
two clients that send 10,000 rows each, single answers came at 700/s with the default of 5 ms, at 1,300/s
with 0.5 ms and at 1,900/s with this; the batches lost nothing."""

EXIT_CODES = """exit codes:
  0  stopped by a signal after the requests under way were answered, or --check found nothing wrong
  1  a fault in the program
  2  wrong arguments
  5  the environment: a setting makes no sense, the port is taken, API keys are needed but none is set
  6  the model package: missing, unpinned, unsigned, altered, made for other code, or its self-test failed

Settings are environment variables that begin with EKIBEN_."""


class Process:
    """One serving process, from a bound socket to an exit code."""

    def __init__(self, definition: ServiceDefinition, settings: Settings) -> None:
        server = settings.server
        admission = Admission(server.queue_budget_seconds, most_in_flight(definition, server))
        guard = make_guard(settings, admission)
        self._definition = definition
        self._settings = settings
        self._auth = "off" if guard is None else "on"
        self._gateway = Gateway(
            definition,
            guard,
            settings.log.access_sample,
            server.worker_threads,
            server.most_waiting,
            admission,
        )
        connections = Connections(allow_connections(server.most_connections), server.keep_alive_seconds)
        self._gateway.metrics.registry.register(connections)
        gateway = self._gateway
        door = Door(admission, connections, gateway.refusals, gateway.count_refusal, gateway.quick)
        self._server: Server = make_server(self._gateway, server, self._begin_stopping, door)
        self._bento = MountedBento(definition.bento)
        self._opened = OpenedService(definition, self._gateway.metrics.registry, self._give_up)
        self._admission = admission
        self._grpc: GrpcServer | None = None
        self._exit_code = 0

    async def run(self, listener: socket.socket) -> int:
        """Serve until a signal comes or the model turns out to be unusable; return the exit code."""
        self._gateway.metrics.watch_this_thread()
        self._announce_start(listener)
        if self._settings.grpc.port:
            await self._listen_for_grpc()
        loading = asyncio.create_task(self._wait_for_pin() if self._is_unpinned else self._load(listener))
        await self._server.serve(sockets=share(listener))
        loading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await loading
        await self._bento.close()
        self._exit_code = await self._opened.stop() or self._exit_code
        self._gateway.close()
        _log.info("Stopped", exit_code=self._exit_code)
        return self._exit_code

    async def _listen_for_grpc(self) -> None:
        if self._definition.tensors is None:
            raise SettingsError(f"EKIBEN_GRPC_PORT is set, but {self._definition.name} offers no tensors.")
        try:
            from bentos.core.inference_protocol.grpc.server import serve_grpc
        except ModuleNotFoundError as error:
            raise SettingsError(f"EKIBEN_GRPC_PORT is set, but {error.name} is not installed.") from error
        settings = self._settings.server, self._settings.grpc.port
        self._grpc = await serve_grpc(self._definition, self._gateway, self._admission, *settings)
        self._server.beside.append(self._grpc.stop)

    @property
    def _is_unpinned(self) -> bool:
        return self._settings.model.awaits_pin

    async def _wait_for_pin(self) -> None:
        """Stay alive and not ready. A pin comes with a new pod, so there is nothing to look for."""
        self._gateway.readiness.state = "unpinned"
        _log.warning(self._gateway.readiness.explain())

    async def _load(self, listener: socket.socket) -> None:
        try:
            model = await run_in_daemon_thread(lambda: load_model(self._definition, self._settings.model))
            await self._opened.start(model.predictor)
            self._open(model)
            self._announce(model, listener)
        except EkibenError as error:
            _log.error(str(error), exit_code=error.exit_code)
            self._give_up(error.exit_code)
        except Exception:
            _log.exception("The model could not be put to use", exit_code=1)
            self._give_up(1)

    def _give_up(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._server.hurry()

    def _open(self, model: LoadedModel) -> None:
        # What is loaded by now stays until the end: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        share_model(self._definition, model)
        self._gateway.open(model, unknown=self._gateway.leave_to(self._bento))
        if self._grpc is not None:
            self._grpc.open(model)

    def _address(self, listener: socket.socket) -> dict[str, Any]:
        host, port = listener.getsockname()[:2]
        return {"service": self._definition.name, "host": host, "port": port, "auth": self._auth}

    def _announce_start(self, listener: socket.socket) -> None:
        _log.info("Listening", **self._address(listener))
        if self._auth == "off" and is_loopback(self._settings.server.host):
            _log.info("No API key is asked for: the server listens on loopback only")
        elif self._auth == "off":
            _log.warning("EKIBEN_AUTH_MODE is off: whoever reaches this address may call")

    def _announce(self, model: LoadedModel, listener: socket.socket) -> None:
        _log.info(
            "Ready",
            **self._address(listener),
            model_version=model.package.pin.version,
            model_digest=model.package.pin.digest,
            seconds_to_ready=round(seconds_since_start(), 3),
        )

    def _begin_stopping(self) -> None:
        if self._gateway.readiness.is_ready:
            self._gateway.begin_stopping()
        else:
            self._server.hurry()


def most_in_flight(definition: ServiceDefinition, settings: ServerSettings) -> int:
    """Return how many requests may be under way at once; 0 is any number."""
    return definition.most_in_flight if settings.most_in_flight is None else settings.most_in_flight


def make_guard(settings: Settings, admission: Admission) -> Guard | None:
    """Return who decides about callers, and how often each may call; None if anyone may, at will.

    Raises SettingsError if keys are needed and there are none.
    """
    guard = open_guard(settings.auth, settings.server.host)
    if not settings.rate.limit_per_key:
        return guard
    from bentos.core.rate_limit import limit_rate

    return limit_rate(guard, settings.rate.limit_per_key, lambda: admission.count("key"))


def check(definition: ServiceDefinition, settings: Settings) -> int:
    """Verify and self-test the pinned model and say so; return 0. Raises PackageError or SettingsError."""
    model = load_model(definition, settings.model)
    pin = model.package.pin
    _log.info(
        "The package is sound", service=definition.name, model_version=pin.version, model_digest=pin.digest
    )
    return 0


def serve(definition: ServiceDefinition, settings: Settings) -> int:
    """Serve until a signal comes; return the exit code. Raises SettingsError if it can't begin."""
    sys.setswitchinterval(SWITCH_SECONDS)
    process = Process(definition, settings)
    with (
        contextlib.closing(listen(settings.server)) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(process.run(listener))


def seconds_since_start() -> float:
    """Return how long ago the kernel started this process."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started_ticks = int(fields[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_ticks / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bentos.core.serve",
        description="Serve one model: verify its package, test it, then answer.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("service", help="name of a folder in bentos/, such as battle, or module:ATTRIBUTE")
    parser.add_argument(
        "--check", action="store_true", help="verify and self-test the model package, then exit"
    )
    parsed = parser.parse_args(arguments)
    configure_logs()
    try:
        settings = Settings()
        configure_logs(settings.log.level)
        definition = find_definition(parsed.service)
        return check(definition, settings) if parsed.check else serve(definition, settings)
    except EkibenError as error:
        _log.error(str(error), exit_code=error.exit_code)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
