"""What Prometheus learns."""

import math

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from bentos.analyst.measures import Measures

NAMES = {
    "ekiben_analyst_answers_total",
    "ekiben_analyst_checks_failed_total",
    "ekiben_analyst_provider_calls_total",
    "ekiben_analyst_provider_duration_seconds_bucket",
    "ekiben_analyst_breaker_open",
    "ekiben_analyst_budget_tokens_used",
    "ekiben_analyst_budget_tokens",
    "ekiben_analyst_budget_cost_dollars_used",
    "ekiben_analyst_budget_cost_dollars",
    "ekiben_analyst_price_age_seconds",
    "ekiben_analyst_price_gaps",
    "ekiben_analyst_news_age_seconds",
    "ekiben_analyst_store_up",
}


def full() -> Measures:
    measures = Measures(CollectorRegistry())
    measures.answers.labels("llm", "v1", "en").inc()
    measures.count_failed_checks(["numbers", "leak"], "openai", "v1", "fr")
    measures.count_provider_call("openai", "timeout", 2.5)
    measures.breaker_open.labels("openai").set(1)
    measures.tell_limits(1000, 0.5)
    measures.tell_budget(250, 125_000)
    measures.tell_prices("BTC", historical=True, end=0.0, gaps=3)
    measures.tell_news(published=0.0)
    measures.store_up.set(1)
    return measures


def value(measures: Measures, name: str, **labels: str) -> float | None:
    return measures.registry.get_sample_value(name, labels)


def test_all_names_are_told() -> None:
    told = {
        line.split("{")[0].split(" ")[0] for line in generate_latest(full().registry).decode().splitlines()
    }
    assert NAMES - told == set()


def test_numbers_are_told_in_their_units() -> None:
    measures = full()
    assert value(measures, "ekiben_analyst_budget_tokens_used") == 250
    assert value(measures, "ekiben_analyst_budget_cost_dollars_used") == 0.125
    assert value(measures, "ekiben_analyst_budget_tokens") == 1000
    assert value(measures, "ekiben_analyst_budget_cost_dollars") == 0.5
    assert value(measures, "ekiben_analyst_provider_duration_seconds_sum", provider="openai") == 2.5
    assert value(measures, "ekiben_analyst_price_gaps", symbol="BTC") == 3


def test_each_failed_check_is_counted() -> None:
    measures = full()
    for check in ("numbers", "leak"):
        labels = {"check": check, "provider": "openai", "prompt_version": "v1", "language": "fr"}
        assert value(measures, "ekiben_analyst_checks_failed_total", **labels) == 1


def test_age_grows_with_the_clock() -> None:
    measures = full()
    labels = {"symbol": "BTC", "historical": "true"}
    first = value(measures, "ekiben_analyst_price_age_seconds", **labels)
    second = value(measures, "ekiben_analyst_price_age_seconds", **labels)
    assert first is not None
    assert second is not None
    assert 1.7e9 < first < second


def test_age_of_what_is_yet_to_end_is_zero() -> None:
    measures = full()
    measures.tell_news(published=1e11)
    assert value(measures, "ekiben_analyst_news_age_seconds") == 0


def test_age_of_no_news_is_no_number() -> None:
    age = value(Measures(CollectorRegistry()), "ekiben_analyst_news_age_seconds")
    assert age is not None
    assert math.isnan(age)


def test_forgotten_prices_are_not_told_any_more() -> None:
    measures = full()
    measures.forget_prices("BTC", historical=True)
    assert value(measures, "ekiben_analyst_price_age_seconds", symbol="BTC", historical="true") is None
    assert value(measures, "ekiben_analyst_price_gaps", symbol="BTC") is None
