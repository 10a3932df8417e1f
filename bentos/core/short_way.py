"""The short way from a connection to a quick route and back.

An ordinary request for such a route is kept until the round that it came in is read, and answered with one
write. It takes uvicorn's way as soon as there is anything else about it: a body that is large or still to
come, another request behind it, a client that does not take answers, an error.
"""

import asyncio
import string
from collections.abc import Mapping
from typing import Any, NoReturn

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from bentos.core.asgi import App, Scope
from bentos.core.direct import encode_answer
from bentos.core.endpoints import QuickEndpoint
from bentos.core.exchange import Exchange
from bentos.core.quick import Asked, Quick

_QUERY_BYTES = (string.ascii_letters + string.digits + "-._~%&=+,:;@!$'()*/").encode()
"""What an ordinary query is made of; of others uvicorn's parser may think otherwise than we do."""

_NO_ROUTES: Mapping[bytes, QuickEndpoint] = {}


class _Short:
    """A request on the short way."""

    __slots__ = ("body", "endpoint", "is_whole", "scope", "url")

    def __init__(self, endpoint: QuickEndpoint, url: bytes, scope: Scope) -> None:
        self.endpoint = endpoint
        self.url = url
        self.scope = scope
        self.body = b""
        self.is_whole = False


class ShortWay(HttpToolsProtocol):
    """One connection. At most one of its requests is on the short way, and none is behind that one."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
        quick: Quick | None,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self._quick = quick
        self._quick_routes = _NO_ROUTES if quick is None else quick.routes
        self._short: _Short | None = None
        self._ends = False
        """Whether the connection ends with the answer that is due."""

    def data_received(self, data: bytes) -> None:
        """Take what came; what is not whole by then takes the long way."""
        super().data_received(data)
        if self._short is not None and not self._short.is_whole:
            self._take_long_way()

    def on_message_begin(self) -> None:
        """Begin to read a request; uvicorn's scope is made where it is needed."""
        if self._short is not None:
            self._take_long_way()
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self.scope = {}  # type: ignore[typeddict-item]

    def on_headers_complete(self) -> None:
        """Choose a way."""
        path, _, query = self.url.partition(b"?")
        endpoint = self._quick_routes.get(path)
        if endpoint is None or not self._is_ordinary(endpoint, query):
            url, headers, expects = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.url, self.expect_100_continue = url, expects
            self.headers.extend(headers)
            super().on_headers_complete()
            return
        scope = {
            "type": "http",
            "method": endpoint.series.method,
            "path": path.decode("ascii"),
            "query_string": query,
            "headers": self.headers,
            "client": self.client,
            "server": self.server,
        }
        self._short = _Short(endpoint, self.url, scope)
        self.scope = scope  # type: ignore[assignment]

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        short = self._short
        if short is None:
            super().on_body(body)
            return
        short.body += body
        if len(short.body) > short.endpoint.most_at_once_bytes:
            self._take_long_way()

    def on_message_complete(self) -> None:
        """Wait for the end of the round."""
        if self._short is None or self._quick is None:
            super().on_message_complete()
            return
        self._short.is_whole = True
        self._quick.wait(self, self.loop)

    def shutdown(self) -> None:
        """Answer what is under way, then close."""
        if self._short is None:
            super().shutdown()
        else:
            self._ends = True

    def ask(self) -> Asked | None:
        """Return the request that waits, if it has not left the short way."""
        short, quick = self._short, self._quick
        if short is None or quick is None:
            return None
        if self.transport.is_closing():
            self._short = None
            quick.miss(short.endpoint)
            return None
        if self.flow.write_paused:
            self._take_long_way()
            return None
        return Asked(short.endpoint, Exchange(short.scope, _never, _never), short.body)

    def answer(self, exchange: Exchange, content: bytes) -> None:
        """Answer the request that waited."""
        short, quick = self._short, self._quick
        if short is None or quick is None:
            return
        self._short = None
        head = short.endpoint.head
        # Before the answer is encoded: a signal may change it at any moment, and who was not told stays.
        closes = self._ends or head.closes
        more = self.server_state.default_headers
        self.transport.write(encode_answer(200, more, head, content, exchange.request_id, self._ends))
        self.server_state.total_requests += 1
        quick.conclude(short.endpoint, exchange)
        if closes:
            self.transport.close()

    def fail(self, error: Exception) -> None:
        """Have the request that waited answered with an error."""
        if self._quick is not None:
            self._take_long_way(self._quick.failing(error))

    def wait(self) -> None:
        """Have the request that waited answered the long way, as it has to wait for more."""
        if self._quick is not None:
            self._take_long_way(self._quick.admitted)

    def _is_ordinary(self, endpoint: QuickEndpoint, query: bytes) -> bool:
        parser = self.parser
        return (
            parser.get_method() == endpoint.method
            and (endpoint.takes_query or not query)
            and not query.translate(None, _QUERY_BYTES)
            and not self.expect_100_continue
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and not self.pipeline
            and not self._is_answering()
        )

    def _is_answering(self) -> bool:
        """Return whether the request before this one is under way."""
        cycle: object = self.cycle
        return isinstance(cycle, RequestResponseCycle) and not cycle.response_complete

    def _take_long_way(self, app: App | None = None) -> None:
        """Hand the request that is on the short way to uvicorn's, and to `app`."""
        short = self._short
        self._short = None
        if short is None or self._quick is None or self.transport.is_closing():
            return
        super().on_message_begin()
        self.url = short.url
        self.headers.extend(short.scope["headers"])
        self.scope["method"] = short.scope["method"]
        self.scope["path"] = short.scope["path"]
        self.scope["raw_path"] = short.url.partition(b"?")[0]
        self.scope["query_string"] = short.scope["query_string"]
        self.cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=not self._ends,
            on_response=self.on_response_complete,
        )
        self.cycle.body += short.body
        self.cycle.more_body = not short.is_whole
        if short.body or short.is_whole:
            self.cycle.message_event.set()
        self._start_asgi_task(self.cycle, self._quick.app if app is None else app)  # type: ignore[arg-type]


async def _never(*_messages: Any) -> NoReturn:
    """Stand for `receive` and `send` where nothing is received or sent."""
    raise RuntimeError("A request on the short way was read or answered twice.")
