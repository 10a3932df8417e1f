"""One request and its answer, while they are under way."""

from collections.abc import Sequence
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from bentos.core.asgi import Header, Receive, Scope, Send
from bentos.core.direct import write_directly
from bentos.core.tracing import TraceContext, choose_request_id, continue_trace

CURRENT: ContextVar["Exchange | None"] = ContextVar("ekiben_exchange", default=None)
"""The exchange that the running code works for; log lines take their ids from it."""

CLIENT_GONE = 499
"""What a request counts as whose client left before the answer; nothing is sent."""


class ClientGone(Exception):
    """The client closed the connection while its body was read."""


class Exchange:
    """What the parts of the server hand each other about one request.

    `answer` and `failure` are left here by a BentoML API method, because BentoML passes on neither the typed
    answer nor the error of a method.
    """

    __slots__ = (
        "_trace",
        "answer",
        "failure",
        "headers",
        "path_values",
        "receive",
        "request_id",
        "scope",
        "send",
        "started",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.started = perf_counter()
        self.scope = scope
        self.receive = receive
        self.send = send
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.request_id = choose_request_id(self.headers.get(b"x-request-id"))
        self.path_values: dict[str, str] = {}
        self.status = 0
        self.answer: Any = None
        self.failure: Exception | None = None
        self._trace: TraceContext | None = None

    @property
    def trace(self) -> TraceContext:
        """The trace that this request belongs to; worked out when it is first asked for."""
        if self._trace is None:
            self._trace = continue_trace(self.headers.get(b"traceparent"))
        return self._trace

    async def reply(
        self, status: int, head: Sequence[Header], content: bytes, extra: Sequence[Header] = ()
    ) -> None:
        """Send a whole answer: `head` and `extra`, the id and the length, then `content` unless HEAD was
        asked."""
        self.status = status
        if not extra and write_directly(self.send, status, head, content, self.request_id):
            return
        headers = [
            *head,
            *extra,
            (b"content-length", b"%d" % len(content)),
            (b"x-request-id", self.request_id),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send(
            {"type": "http.response.body", "body": b"" if self.scope["method"] == "HEAD" else content}
        )
