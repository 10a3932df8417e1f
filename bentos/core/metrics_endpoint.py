"""`/metrics`."""

from bentos.core.exchange import Exchange
from bentos.core.headers import ResponseHeads
from bentos.core.metrics import Metrics

METRICS_PATH = "/metrics"


class MetricsEndpoint:
    """Answers Prometheus, in the format that it asks for."""

    public = True

    def __init__(self, metrics: Metrics, heads: ResponseHeads) -> None:
        self.series = metrics.series(METRICS_PATH, "GET")
        self._metrics = metrics
        self._head = heads.make(None)

    async def serve(self, exchange: Exchange) -> None:
        """Answer."""
        content, content_type = self._metrics.render(exchange.headers.get(b"accept", b"").decode("latin-1"))
        await exchange.reply(200, self._head, content, ((b"content-type", content_type.encode()),))
