"""One request to show and to try, taken from the service's own OpenAPI document."""

import http.client
import json
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

KEY_HEADER = "X-API-Key"
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A POST with a JSON body."""

    base_url: str
    path: str
    body: Any
    needs_key: bool = False
    """Whether the service answers only with an API key; it is the caller's, so the trial has none."""

    def curl(self) -> str:
        """Return the request as a command line, with a placeholder where a key belongs."""
        words = ["curl", "-s", self.base_url + self.path, "-H", "Content-Type: application/json"]
        words += ["-H", f"{KEY_HEADER}: YOUR-KEY"] if self.needs_key else []
        return shlex.join([*words, "-d", json.dumps(self.body, ensure_ascii=False)])

    def ask(self) -> str:
        """Send the request, without a key, and return the answer's body."""
        return _request(self.base_url, "POST", self.path, json.dumps(self.body).encode())


def find_trial(base_url: str) -> Trial | None:
    """Return the first documented POST that has an example, or None if there is none."""
    document = json.loads(_request(base_url, "GET", "/openapi.json"))
    for path, operations in document.get("paths", {}).items():
        operation = operations.get("post", {})
        content = operation.get("requestBody", {}).get("content", {})
        example = content.get("application/json", {}).get("example")
        if example is not None:
            security = operation.get("security", document.get("security", []))
            return Trial(base_url, path, example, _needs_key(security))
    return None


def ask_page(base_url: str, path: str) -> str:
    """Return what a GET without a key is answered, or nothing if it is no answer: another status than 200, or
    nobody there."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
        return body if response.status == http.client.OK else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def _needs_key(security: list[dict[str, Any]]) -> bool:
    """Return whether every way in asks for something: `{}` among the alternatives means that none need be
    taken."""
    return bool(security) and {} not in security


def _request(base_url: str, method: str, path: str, body: bytes | None = None) -> str:
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return connection.getresponse().read().decode()
    finally:
        connection.close()
