"""Content that is the same for everyone."""

from collections.abc import Callable

from bentos.core.exchange import Exchange
from bentos.core.headers import Head
from bentos.core.metrics import Series
from bentos.core.workers import Workers


class ContentEndpoint:
    """Answers with fixed bytes; to anyone, unless it is not `public`."""

    def __init__(self, content: bytes, series: Series, head: Head, public: bool = True) -> None:
        self.public = public
        self.series = series
        self._content = content
        self._head = head

    async def serve(self, exchange: Exchange) -> None:
        """Answer."""
        await exchange.reply(200, self._head, self._content)


class FileEndpoint:
    """Answers with a file of an installed package, read when it is first asked for."""

    public = True

    def __init__(self, read: Callable[[], bytes], workers: Workers, series: Series, head: Head) -> None:
        self.series = series
        self._read = read
        self._workers = workers
        self._head = head
        self._content: bytes | None = None

    async def serve(self, exchange: Exchange) -> None:
        """Answer."""
        if self._content is None:
            self._content = await self._workers.run(self._read)
        await exchange.reply(200, self._head, self._content)
