"""What becomes of requests to language models."""

from prometheus_client import CollectorRegistry

from bentos.analyst.measures import Measures
from bentos.analyst.observing import Observing


def test_request_is_counted_with_its_outcome_and_duration() -> None:
    measures = Measures(CollectorRegistry())
    Observing(measures).call_ended("openai", "timeout", 2.5)
    labels = {"provider": "openai", "outcome": "timeout"}
    assert measures.registry.get_sample_value("ekiben_analyst_provider_calls_total", labels) == 1
    duration = measures.registry.get_sample_value(
        "ekiben_analyst_provider_duration_seconds_sum", {"provider": "openai"}
    )
    assert duration == 2.5


def test_breaker_is_shown_open_and_closed() -> None:
    measures = Measures(CollectorRegistry())
    observing = Observing(measures)
    for is_open in (True, False):
        observing.breaker_changed("openai", is_open)
        shown = measures.registry.get_sample_value("ekiben_analyst_breaker_open", {"provider": "openai"})
        assert shown == float(is_open)
