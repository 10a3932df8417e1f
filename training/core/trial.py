"""One request to show and to try, taken from the service's own OpenAPI document."""

import http.client
import json
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A POST with a JSON body."""

    base_url: str
    path: str
    body: Any

    def curl(self) -> str:
        """Return the request as a command line."""
        words = ["curl", "-s", self.base_url + self.path, "-H", "Content-Type: application/json"]
        return shlex.join([*words, "-d", json.dumps(self.body, ensure_ascii=False)])

    def ask(self) -> str:
        """Send the request and return the answer's body."""
        return _request(self.base_url, "POST", self.path, json.dumps(self.body).encode())


def find_trial(base_url: str) -> Trial | None:
    """Return the first documented POST that has an example; None if there is none, or a key is asked for."""
    document = json.loads(_request(base_url, "GET", "/openapi.json"))
    for path, operations in document.get("paths", {}).items():
        content = operations.get("post", {}).get("requestBody", {}).get("content", {})
        example = content.get("application/json", {}).get("example")
        if example is not None:
            return Trial(base_url, path, example)
    return None


def _request(base_url: str, method: str, path: str, body: bytes | None = None) -> str:
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return connection.getresponse().read().decode()
    finally:
        connection.close()
