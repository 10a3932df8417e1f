"""HTTP/1.1 on one connection: uvicorn's, with bounds that it has not.

uvicorn waits for ever for a request that has begun, and keeps as many headers as come; a few slow or
talkative clients would cost a process its memory and its connections.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bentos.core.asgi import Header
from bentos.core.headers import PROBLEM_JSON, security_headers
from bentos.core.problems import encode_problem, plain_problem

MOST_HEAD_BYTES = 64 * 1024
"""Request line and headers together, as far as they come in several pieces; ordinary ones come in one."""


class Protocol(HttpToolsProtocol):
    """One connection. What goes wrong before there is a request is answered with a problem document too."""

    _received_bytes = 0
    _head_bytes = 0
    _received_before: int | None = None

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it makes the head of a request too large."""
        super().data_received(data)
        self._received_bytes += len(data)
        if not self._is_within_head():
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(431, f"The request's head may have {MOST_HEAD_BYTES} bytes.")

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no HTTP request, and close."""
        self._refuse(400, msg)

    def close_if_stalled(self) -> None:
        """Close the connection if it waits for the rest of a request and got nothing since the last call."""
        received = self._received_bytes if self._is_waiting() else None
        if received is not None and received == self._received_before:
            self.transport.close()
        self._received_before = received

    def _is_waiting(self) -> bool:
        """Return whether a request has begun, or a first one is due, that is not here as a whole."""
        if not self._has_begun() or self._is_within_head():
            return True
        return self.cycle.more_body and not self.cycle.response_complete

    def _has_begun(self) -> bool:
        scope: object = self.scope
        return scope is not None

    def _is_within_head(self) -> bool:
        """Return whether a request has begun whose headers are not all here: it has no path yet."""
        return self._has_begun() and "path" not in self.scope

    def _refuse(self, status: int, detail: str) -> None:
        problem = plain_problem(status, "", detail)
        content = encode_problem(problem)
        headers: tuple[Header, ...] = (
            (b"content-type", PROBLEM_JSON),
            (b"content-length", b"%d" % len(content)),
            (b"connection", b"close"),
            *security_headers(),
        )
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(f"HTTP/1.1 {status} {problem.title}\r\n".encode() + head + b"\r\n" + content)
        self.transport.close()
