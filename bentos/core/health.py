"""The probes: is the process alive, and should it be sent requests."""

from bentos.core.errors import NotReady
from bentos.core.exchange import Exchange
from bentos.core.headers import Head
from bentos.core.metrics import Series
from bentos.core.readiness import Readiness

LIVE_PATH = "/livez"
READY_PATH = "/readyz"


class LiveEndpoint:
    """Answers 200 as long as the event loop turns."""

    public = True

    def __init__(self, series: Series, head: Head) -> None:
        self.series = series
        self._head = head

    async def serve(self, exchange: Exchange) -> None:
        """Answer."""
        await exchange.reply(200, self._head, b'{"status":"alive"}')


class ReadyEndpoint:
    """Answers 200 from the moment a verified model passed its self-test until the process is told to stop."""

    public = True

    def __init__(self, readiness: Readiness, series: Series, head: Head) -> None:
        self.series = series
        self._readiness = readiness
        self._head = head

    async def serve(self, exchange: Exchange) -> None:
        """Answer. Raises NotReady before and after."""
        if not self._readiness.is_ready:
            raise NotReady(self._readiness.explain())
        await exchange.reply(200, self._head, b'{"status":"ready"}')
