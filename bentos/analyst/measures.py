"""What Prometheus learns about the analyst, beside what the core tells about every service."""

import math
import time
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

MICROS = 1_000_000
"""Millionths of a dollar in one."""

CALL_EDGES_SECONDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0)
"""Two seconds are what a caller waits, thirty what a call may take."""


class Measures:
    """Every number of the analyst, in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.answers = Counter(
            "ekiben_analyst_answers",
            "Texts sent to callers, by who wrote them.",
            ["source", "prompt_version", "language"],
            registry=registry,
        )
        self.checks_failed = Counter(
            "ekiben_analyst_checks_failed",
            "Checks that a language model's text did not pass.",
            ["check", "provider", "prompt_version", "language"],
            registry=registry,
        )
        self._add_providers(registry)
        self._add_budget(registry)
        self._add_freshness(registry)

    def _add_providers(self, registry: CollectorRegistry) -> None:
        self.provider_calls = Counter(
            "ekiben_analyst_provider_calls",
            "Calls to a language model, by how they ended.",
            ["provider", "outcome"],
            registry=registry,
        )
        self.provider_duration = Histogram(
            "ekiben_analyst_provider_duration_seconds",
            "How long calls to a language model took, however they ended.",
            ["provider"],
            buckets=CALL_EDGES_SECONDS,
            registry=registry,
        )
        self.breaker_open = Gauge(
            "ekiben_analyst_breaker_open",
            "1 while a provider is left alone after too many failures.",
            ["provider"],
            registry=registry,
        )

    def _add_budget(self, registry: CollectorRegistry) -> None:
        self.tokens_used = Gauge(
            "ekiben_analyst_budget_tokens_used",
            "Tokens that all replicas used today (UTC), with those that are reserved.",
            registry=registry,
        )
        self.tokens_allowed = Gauge(
            "ekiben_analyst_budget_tokens", "Tokens that they may use in a day.", registry=registry
        )
        self.dollars_used = Gauge(
            "ekiben_analyst_budget_cost_dollars_used",
            "What those tokens cost, in US dollars.",
            registry=registry,
        )
        self.dollars_allowed = Gauge(
            "ekiben_analyst_budget_cost_dollars", "What they may cost in a day.", registry=registry
        )

    def _add_freshness(self, registry: CollectorRegistry) -> None:
        self.price_age = Gauge(
            "ekiben_analyst_price_age_seconds",
            "Time since the end of the latest interval whose price is known.",
            ["symbol", "historical"],
            registry=registry,
        )
        self.price_gaps = Gauge(
            "ekiben_analyst_price_gaps",
            "Intervals without a price among the latest ones.",
            ["symbol"],
            registry=registry,
        )
        self.news_age = Gauge(
            "ekiben_analyst_news_age_seconds",
            "Time since the latest piece of news was published.",
            registry=registry,
        )
        self.news_age.set(math.nan)
        self.store_up = Gauge(
            "ekiben_analyst_store_up", "1 while the database answers, 0 while it does not.", registry=registry
        )

    def tell_prices(self, symbol: str, historical: bool, end: float, gaps: int) -> None:
        """Say when a symbol's last interval ended, in seconds since the epoch, and how many are missing."""
        self.price_age.labels(symbol, _label(historical)).set_function(age_since(end))
        self.price_gaps.labels(symbol).set(gaps)

    def forget_prices(self, symbol: str, historical: bool) -> None:
        """Say no more about a symbol whose prices are gone, or are of the other kind now."""
        self.price_age.remove(symbol, _label(historical))
        self.price_gaps.remove(symbol)

    def tell_news(self, published: float) -> None:
        """Say when the latest piece of news was published, in seconds since the epoch."""
        self.news_age.set_function(age_since(published))

    def tell_limits(self, tokens: int, dollars: float) -> None:
        """Say what calls may use in a day."""
        self.tokens_allowed.set(tokens)
        self.dollars_allowed.set(dollars)

    def tell_budget(self, tokens: int, cost_micros: int) -> None:
        """Say what today's calls used."""
        self.tokens_used.set(tokens)
        self.dollars_used.set(cost_micros / MICROS)

    def count_failed_checks(
        self, names: Iterable[str], provider: str, prompt_version: str, language: str
    ) -> None:
        """Count checks that a model's text failed."""
        for name in names:
            self.checks_failed.labels(name, provider, prompt_version, language).inc()

    def count_provider_call(self, provider: str, outcome: str, seconds: float) -> None:
        """Count a request to a language model."""
        self.provider_calls.labels(provider, outcome).inc()
        self.provider_duration.labels(provider).observe(seconds)


def age_since(moment: float) -> Callable[[], float]:
    """Return a function that tells the seconds since a moment, given in seconds since the epoch."""
    return lambda: max(0.0, time.time() - moment)


def _label(historical: bool) -> str:
    return "true" if historical else "false"
