"""How soon an analyst's stream begins, and how soon it says something."""

import http.client
import json
import time
from urllib.parse import urlsplit

from msgspec import Struct

PATH = "/price-analysis/stream?limit={window}"
WAIT_SECONDS = 60.0


class FirstMoments(Struct, frozen=True, kw_only=True):
    """Times from the question on: to the first byte of the first event, to the first sentence if there was
    one. `source` is who wrote the text, by the verdict."""

    byte_seconds: float
    sentence_seconds: float | None
    source: str


def ask(url: str, path: str) -> http.client.HTTPResponse:
    """Ask on a connection of its own. Raises RuntimeError for anything but 200, OSError if nobody listens."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=WAIT_SECONDS)
    connection.request("GET", path)
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"{path} was answered with {response.status}: {response.read(500)!r}")
    return response


def measure_stream(url: str, window: int) -> FirstMoments:
    """Read one stream to its end. Raises RuntimeError if it ends without a verdict, and what `ask` raises."""
    began = time.perf_counter()
    response = ask(url, PATH.format(window=window))
    first = sentence = None
    event = ""
    while line := response.readline():
        now = time.perf_counter() - began
        first = now if first is None else first
        if line.startswith(b"event: "):
            event = line[len(b"event: ") :].decode().strip()
            sentence = now if event == "text" and sentence is None else sentence
        elif event == "verdict" and line.startswith(b"data: "):
            source = str(json.loads(line[len(b"data: ") :])["source"])
            response.read()
            return FirstMoments(byte_seconds=first, sentence_seconds=sentence, source=source)
    raise RuntimeError(f"the stream about {window} closes ended without a verdict")
