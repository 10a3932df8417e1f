"""Answers to requests that are not let in, encoded before they are needed: they have to cost far less than an
answer."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from math import inf

import msgspec

from bentos.core.asgi import Header, Receive, Scope, Send
from bentos.core.errors import Overloaded
from bentos.core.glance import Glance
from bentos.core.headers import CLOSE, JSON, PROBLEM_JSON, Head, ResponseHeads, encode_headers
from bentos.core.inference_protocol.endpoints import ROOT
from bentos.core.problems import encode_problem
from bentos.core.tracing import choose_request_id

PROTOCOL_ROOT = ROOT.encode()
"""Below it errors have the form of the Open Inference Protocol."""


class Refusal:
    """One answer of status 429 that is the same for everyone, but for the request's id."""

    def __init__(self, error: Overloaded, head: Head, content: bytes) -> None:
        phrase = HTTPStatus(error.status).phrase
        self.head = head
        self.content = content
        self._status_line = f"HTTP/1.1 {error.status} {phrase}\r\n".encode()
        self._extra = (*error.headers, (b"content-length", b"%d" % len(content)))
        self._extra_lines = encode_headers(self._extra) + b"x-request-id: "

    def headers(self, request_id: bytes) -> list[Header]:
        """Return all headers of the answer."""
        return [*self.head, *self._extra, (b"x-request-id", request_id)]

    def encode(self, request_id: bytes, more_lines: bytes, with_content: bool) -> bytes:
        """Return the whole answer, with further lines before its own headers."""
        return b"%b%b%b%b%b\r\n\r\n%b" % (
            self._status_line,
            more_lines,
            self.head.encoded,
            self._extra_lines,
            request_id,
            self.content if with_content else b"",
        )


class Refusals:
    """The refusals of one process. `speaks_protocol` says whether paths under /v2 have errors of their own
    form."""

    def __init__(self, heads: ResponseHeads, speaks_protocol: bool = False) -> None:
        error = Overloaded()
        self._problem = Refusal(error, heads.make(PROBLEM_JSON), encode_problem(error.problem("")))
        self._protocol = self._problem
        self._more: Sequence[Header] = ()
        self._more_lines = b""
        if speaks_protocol:
            content = msgspec.json.encode({"error": error.detail})
            self._protocol = Refusal(error, heads.make(JSON), content)

    def encode(self, asked: Glance, more: Sequence[Header], closes: bool = False) -> bytes:
        """Return the refusal of a request, with `more` headers; `closes` says that it ends the connection.

        The caller's id for it is repeated if it is usable. `more` is the same object as long as it is the
        same.
        """
        if more is not self._more:
            self._more, self._more_lines = more, encode_headers(more)
        lines = self._more_lines + CLOSE if closes and not self.closes else self._more_lines
        return self._choose(asked.url).encode(
            choose_request_id(asked.request_id), lines, asked.method != b"HEAD"
        )

    @property
    def closes(self) -> bool:
        """Whether answers end their connections, as the process is about to stop."""
        return self._problem.head.closes

    async def app(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Refuse a request that was read behind others, when it is its turn."""
        refusal = self._choose(scope["raw_path"])
        headers = refusal.headers(choose_request_id(find_request_id(scope["headers"])))
        await send({"type": "http.response.start", "status": Overloaded.status, "headers": headers})
        content = b"" if scope["method"] == "HEAD" else refusal.content
        await send({"type": "http.response.body", "body": content})

    def _choose(self, url: bytes) -> Refusal:
        return self._protocol if is_below(url, PROTOCOL_ROOT) else self._problem


def find_request_id(headers: Iterable[Header]) -> bytes | None:
    """Return the id that the caller gave a request with these headers."""
    for name, value in headers:
        if name == b"x-request-id":
            return value
    return None


def declared_bytes(headers: Iterable[Header]) -> float:
    """Return how long a body these headers announce; infinity if they don't say."""
    for name, value in headers:
        if name == b"content-length":
            return int(value)
    return inf


def is_below(url: bytes, root: bytes) -> bool:
    """Return whether the path of `url` is `root` or begins with it."""
    return url.startswith(root) and url[len(root) : len(root) + 1] in (b"", b"/", b"?")
