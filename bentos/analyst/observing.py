"""What becomes of requests to language models: told to Prometheus and to whoever pays."""

from contextvars import ContextVar

from bentos.analyst.measures import Measures

OUTCOMES: ContextVar[list[str] | None] = ContextVar("ekiben_analyst_outcomes", default=None)
"""How the requests ended that were made for the running code, if it wants to know."""


class Observing:
    """Listens to a chain of providers."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def call_ended(self, provider: str, outcome: str, seconds: float) -> None:
        """Take note of one request, which may have been a retry."""
        self._measures.count_provider_call(provider, outcome, seconds)
        outcomes = OUTCOMES.get()
        if outcomes is not None:
            outcomes.append(outcome)

    def breaker_changed(self, provider: str, is_open: bool) -> None:
        """Take note that a provider is left alone from now on, or asked again."""
        self._measures.breaker_open.labels(provider).set(float(is_open))
