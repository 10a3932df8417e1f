"""HTTP/1.1 on one connection: uvicorn's, with bounds that it has not.

uvicorn waits for ever for a request that has begun, keeps as many headers and queued requests as come, and
answers all of them, however long they have waited; a few slow or talkative clients would cost a process its
memory and its connections, and many hasty ones its time.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from bentos.core.admission import HELD, Admission, Reason
from bentos.core.asgi import App
from bentos.core.connections import Connections, Stage, Waits
from bentos.core.glance import Glance, glance
from bentos.core.headers import PROBLEM_JSON, ResponseHeads, encode_headers, security_headers
from bentos.core.problems import encode_problem, plain_problem
from bentos.core.quick import Quick
from bentos.core.refusals import Refusals, declared_bytes, find_request_id
from bentos.core.short_way import ShortWay

MOST_HEAD_BYTES = 64 * 1024
"""Request line and headers together, as far as they come in several pieces; ordinary ones come in one."""

MOST_PIPELINED = 16
"""Requests that may wait on one connection for the one before them. Few clients send any."""


class Door:
    """What all connections of one server share: who is let in, and how others are refused.

    `on_refusal` is told the URL and the method of each request that is not let in; `quick` has the routes
    that are answered where they are read.
    """

    def __init__(
        self,
        admission: Admission,
        connections: Connections,
        refusals: Refusals,
        on_refusal: Callable[[bytes, bytes], None] = lambda _url, _method: None,
        quick: Quick | None = None,
    ) -> None:
        self.admission = admission
        self.connections = connections
        self.refusals = refusals
        self.on_refusal = on_refusal
        self.quick = quick


def open_door(quick: Quick | None = None) -> Door:
    """Return a door that lets everyone in."""
    connections = Connections(most=10_000, keep_alive_seconds=75)
    return Door(Admission(), connections, Refusals(ResponseHeads()), quick=quick)


class ServerConfig(uvicorn.Config):
    """uvicorn's settings, and the door that its connections come through."""

    def __init__(self, app: App, door: Door, **settings: Any) -> None:
        super().__init__(app=app, http=Protocol, **settings)
        self.door = door


class _Answered(RequestResponseCycle):
    """Stands for a request that was refused: what still comes of it is thrown away."""

    def __init__(self) -> None:
        self.response_complete = True
        self.more_body = False
        self.keep_alive = True
        self.message_event = asyncio.Event()


_ANSWERED = _Answered()


class Protocol(ShortWay):
    """One connection. What goes wrong before there is a request is answered with a problem document too."""

    config: ServerConfig

    def __init__(
        self,
        config: ServerConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop, config.door.quick)
        self.idle_since = 0.0
        self.seen: tuple[Stage, float] | None = None
        self._door = config.door
        self._admission = config.door.admission
        self._rounds = config.door.admission.rounds
        self._received_bytes = 0
        self._head_bytes = 0
        self._refusals: list[bytes] = []
        self._is_held = False
        self._is_last = False
        """Whether nothing that still comes is answered."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection, in place of idle ones if there are too many."""
        self._begin_round()
        # Not the time of the round: several connections may come in one.
        self.idle_since = perf_counter()
        has_room = self._door.connections.make_room()
        super().connection_made(transport)
        if not has_room:
            self.connections.discard(self)
            self._refuse_request("connections", Glance(b"GET", b"", None), closes=True)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it makes the head of a request too large."""
        self._begin_round()
        if self._is_asked() and self._refuses_at_a_glance(data):
            return
        super().data_received(data)
        self._received_bytes += len(data)
        if not self._is_within_head():
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(431, f"The request's head may have {MOST_HEAD_BYTES} bytes.")

    def on_headers_complete(self) -> None:
        """Begin to answer a request, or refuse it."""
        if self._is_last:
            self._throw_away()
        elif len(self.pipeline) >= MOST_PIPELINED or len(self._refusals) >= MOST_PIPELINED:
            self._answer_no_more()
        elif self._is_asked() and (reason := self._reason_to_refuse()) is not None:
            self._turn_away(reason)
        else:
            super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request; the time without one is watched over by the sweeps."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no HTTP request, and close."""
        self._refuse(400, msg)

    def shutdown(self) -> None:
        """Answer what is under way, then close."""
        self.release()
        super().shutdown()

    def release(self) -> None:
        """Send the refusals that were held back."""
        self._is_held = False
        refusals, self._refusals = self._refusals, []
        if refusals and not self.transport.is_closing():
            self.transport.write(b"".join(refusals))
            if self._is_last:
                self.transport.close()

    def stage(self) -> Stage:
        """Return what the connection waits for."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes:
            return Stage("write", unsent_bytes)
        scope: object = self.scope
        if scope is None or self._is_within_head():
            return Stage("head", self._received_bytes - self._head_bytes)
        if self._short is not None:
            return Stage("no", 0)
        cycle: object = self.cycle
        if cycle is None or self.cycle.response_complete:
            return Stage("no", 0) if self._is_held else Stage("idle", self._received_bytes)
        return Stage("body", self._received_bytes) if self.cycle.more_body else Stage("no", 0)

    def give_up(self, waits: Waits) -> None:
        """Close the connection, at once if the client takes nothing that is sent."""
        if waits == "write":
            self.transport.abort()
        elif waits == "head" and self._received_bytes:
            self._refuse(408, "The request's head did not arrive in time.")
        else:
            self.transport.close()

    def _is_asked(self) -> bool:
        """Return whether there is something to decide about the next request."""
        return len(self.tasks) >= self._admission.asks_from

    def _begin_round(self) -> None:
        rounds = self._rounds
        if not rounds.is_reading:
            rounds.begin(self.loop)
        self.idle_since = rounds.began

    def _reason_to_refuse(self) -> Reason | None:
        """Return why this request is not let in, if it is not; requests behind a refused one are not."""
        if self._is_held:
            return "queue"
        return self._admission.refuses(self.url, len(self.tasks), declared_bytes(self.headers))

    def _turn_away(self, reason: Reason) -> None:
        """Refuse this request, in its turn if others of this connection are under way."""
        if self._is_answering():
            self._count(reason, self.url, self.parser.get_method())
            app, self.app = self.app, self._door.refusals.app
            super().on_headers_complete()
            self.app = app
            return
        request_id = find_request_id(self.headers)
        keeps = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        # A client that asked leave to send its body may never send it: nothing can follow.
        closes = self.expect_100_continue or not keeps
        self._throw_away()
        self._refuse_request(reason, Glance(self.parser.get_method(), self.url, request_id), closes)

    def _is_between_requests(self) -> bool:
        """Return whether the next byte begins a request, as far as can be told: a refused one may have a rest
        that is still to come."""
        cycle: object = self.cycle
        if self._head_bytes or self._is_last or self._is_held or self.pipeline or self._short is not None:
            return False
        if cycle is _ANSWERED:
            return False
        return not isinstance(cycle, RequestResponseCycle) or (
            cycle.response_complete and not cycle.more_body
        )

    def _refuses_at_a_glance(self, data: bytes) -> bool:
        """Refuse the request in `data` without parsing it, if that is due and it is an ordinary one."""
        if not self._admission.may_refuse(len(self.tasks)) or not self._is_between_requests():
            return False
        asked = glance(data)
        if asked is None:
            return False
        reason = self._admission.refuses(asked.url, len(self.tasks), asked.body_bytes)
        if reason is None:
            return False
        self._received_bytes += len(data)
        self._refuse_request(reason, asked, closes=False)
        return True

    def _refuse_request(self, reason: Reason, asked: Glance, closes: bool) -> None:
        """Refuse a request at once, or when the time for refusals has come; `closes` ends the connection."""
        self._count(reason, asked.url, asked.method)
        refusals = self._door.refusals
        self._is_last = closes or refusals.closes
        self._refusals.append(refusals.encode(asked, self.server_state.default_headers, closes))
        if reason not in HELD:
            self.release()
        elif not self._is_held:
            self._is_held = True
            self._admission.hold(self)

    def _count(self, reason: Reason, url: bytes, method: bytes) -> None:
        self._admission.count(reason)
        self._door.on_refusal(url, method)

    def _throw_away(self) -> None:
        """Let the rest of this request come, for nothing."""
        self.scope["path"] = ""
        self.cycle = _ANSWERED

    def _answer_no_more(self) -> None:
        """Close the connection once what is waiting on it is answered."""
        self._is_last = True
        if self.pipeline:
            newest, _ = self.pipeline[0]
            newest.keep_alive = False
        self._throw_away()

    def _is_within_head(self) -> bool:
        """Return whether a request has begun whose headers are not all here: it has no path yet."""
        scope: object = self.scope
        return isinstance(scope, dict) and "path" not in scope

    def _refuse(self, status: int, detail: str) -> None:
        """Answer what is no request, and close."""
        problem = plain_problem(status, "", detail)
        content = encode_problem(problem)
        head = encode_headers(
            (
                (b"content-type", PROBLEM_JSON),
                (b"content-length", b"%d" % len(content)),
                (b"connection", b"close"),
                *security_headers(),
            )
        )
        self.transport.write(f"HTTP/1.1 {status} {problem.title}\r\n".encode() + head + b"\r\n" + content)
        self.transport.close()
