"""What becomes of requests to language models, told to Prometheus."""

from bentos.analyst.measures import Measures


class Observing:
    """Listens to a chain of providers."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def call_ended(self, provider: str, outcome: str, seconds: float) -> None:
        """Take note of one request, which may have been a retry."""
        self._measures.count_provider_call(provider, outcome, seconds)

    def breaker_changed(self, provider: str, is_open: bool) -> None:
        """Take note that a provider is left alone from now on, or asked again."""
        self._measures.breaker_open.labels(provider).set(float(is_open))
