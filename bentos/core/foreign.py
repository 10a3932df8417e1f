"""Let another ASGI application answer, in our manner: with our headers, and with problem documents for
errors."""

from bentos.core.asgi import App, Header, Message
from bentos.core.endpoints import refuse_path
from bentos.core.errors import RequestError, UnknownResource
from bentos.core.exchange import Exchange
from bentos.core.headers import HTML, OWN_FILES_LOAD, Head, ResponseHeads, security_headers
from bentos.core.metrics import Series
from bentos.core.problems import ProblemWriter


class ForeignApp:
    """Another application, as far as its answers go out."""

    def __init__(self, app: App, heads: ResponseHeads, problems: ProblemWriter) -> None:
        self._app = app
        self._head = heads.make(None)
        self._page_head = heads.make(None, security_headers(OWN_FILES_LOAD))
        self._problems = problems

    async def answer(self, exchange: Exchange) -> None:
        """Have the application answer. What it does not answer itself, and its errors, become problem
        documents.

        An error that one of our API methods left on the exchange is written as if it had been raised here.
        """
        answer = _Answer(exchange, self._head, self._page_head)
        await self._app(exchange.scope, exchange.receive, answer.send)
        if isinstance(exchange.failure, RequestError):
            await self._problems.write(exchange, exchange.failure)
        elif answer.error_status == UnknownResource.status:
            await self._problems.write(exchange, refuse_path(exchange))
        elif answer.error_status:
            await self._problems.write_status(exchange, answer.error_status, answer.kept_headers)


class ForeignEndpoint:
    """Leaves whole paths to another application."""

    public = False

    def __init__(self, app: ForeignApp, series: Series) -> None:
        self.series = series
        self._app = app

    async def serve(self, exchange: Exchange) -> None:
        """Answer."""
        await self._app.answer(exchange)


class _Answer:
    """One answer on its way out. An error is held back; `error_status` is 0 for anything else."""

    _KEPT_FROM_ERRORS = frozenset({b"allow", b"retry-after"})
    _OURS = frozenset({b"server", b"connection", b"x-request-id", *(name for name, _ in security_headers())})

    def __init__(self, exchange: Exchange, head: Head, page_head: Head) -> None:
        self.error_status = 0
        self.kept_headers: tuple[Header, ...] = ()
        self._exchange = exchange
        self._head = head
        self._page_head = page_head

    async def send(self, message: Message) -> None:
        """Take one ASGI message from the application."""
        if message["type"] == "http.response.start":
            await self._start(
                message["status"], [(name.lower(), value) for name, value in message["headers"]]
            )
        elif not self.error_status and self._exchange.status:
            content = b"" if self._exchange.scope["method"] == "HEAD" else message.get("body", b"")
            await self._exchange.send({**message, "body": content})

    async def _start(self, status: int, headers: list[Header]) -> None:
        if status >= 400 or self._exchange.failure is not None:
            self.error_status = status
            self.kept_headers = tuple(header for header in headers if header[0] in self._KEPT_FROM_ERRORS)
            return
        is_page = dict(headers).get(b"content-type", b"").startswith(HTML.partition(b";")[0])
        ours = self._page_head if is_page else self._head
        theirs = [header for header in headers if header[0] not in self._OURS]
        request_id = (b"x-request-id", self._exchange.request_id)
        self._exchange.status = status
        await self._exchange.send(
            {"type": "http.response.start", "status": status, "headers": [*ours, *theirs, request_id]}
        )
