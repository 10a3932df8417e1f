"""Whether anybody answers, asked before any load."""

import http.client
import ssl
import time
from urllib.parse import SplitResult, urlsplit

import msgspec

from bentos.battle.pokedex import load_pokedex
from loadtests.errors import HostSilent
from loadtests.payloads import Questions
from loadtests.settings import LoadSettings

PROBE_PATH, BATCH_PATH = "/api/v1/pokemon", "/api/v1/predict/battles"
"""The first asks for a key where one is needed, and costs nothing."""
PROBE_SECONDS = 5.0
"""Longest wait for one answer before any load."""
PAUSE_SECONDS = 0.5
WARM_UP_ROWS = 1000
WARM_UP_SECONDS = 60.0


def require_answer(url: str, settings: LoadSettings, wait_seconds: float) -> None:
    """Return once the service answers a request with the API key; ask again for `wait_seconds`.

    Raises HostSilent with what went wrong last.
    """
    deadline = time.monotonic() + wait_seconds
    while (reason := _probe(url, settings)) is not None:
        if time.monotonic() >= deadline:
            raise HostSilent(url, reason)
        time.sleep(PAUSE_SECONDS)


def warm_up(url: str, settings: LoadSettings) -> None:
    """Ask for one batch and drop the answer: a process loads its engine for batches when the first one comes,
    which takes seconds and is no steady state. What is wrong with it, the load will show."""
    battles = Questions(load_pokedex(), (settings.seed,), WARM_UP_ROWS).battles()
    connection = _connect(urlsplit(url), WARM_UP_SECONDS)
    try:
        headers = {**_key(settings), "Content-Type": "application/json"}
        connection.request("POST", BATCH_PATH, msgspec.json.encode(battles), headers)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()


def _probe(url: str, settings: LoadSettings) -> str | None:
    """Return why the service does not answer as it should, or None."""
    connection = _connect(urlsplit(url), PROBE_SECONDS)
    try:
        connection.request("GET", PROBE_PATH, headers=_key(settings))
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    if status == http.client.UNAUTHORIZED:
        return "it asks for an API key that it knows: EKIBEN_LOAD_API_KEY, or --api-key-file"
    return None if status == http.client.OK else f"GET {PROBE_PATH} gives {status}"


def _key(settings: LoadSettings) -> dict[str, str]:
    key = settings.api_key.get_secret_value()
    return {"X-API-Key": key} if key else {}


def _connect(parts: SplitResult, timeout_seconds: float) -> http.client.HTTPConnection:
    """Return a connection that no proxy setting redirects."""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.netloc, timeout=timeout_seconds, context=context)
    return http.client.HTTPConnection(parts.netloc, timeout=timeout_seconds)
