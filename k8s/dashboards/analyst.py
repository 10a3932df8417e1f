"""The analyst: who writes its texts, whether they pass, what models cost, and how fresh its prices are."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from k8s.dashboards.panels import AnyPanel, Limits, Query, board, choice, graph, number

SCOPE = 'namespace="$namespace",job="$job"'
RATE = "[$__rate_interval]"
HOUR_SECONDS = 3600
ANSWERS = f"ekiben_analyst_answers_total{{{SCOPE}}}"
FALLBACKS = f'ekiben_analyst_answers_total{{{SCOPE},source="fallback"}}'
LIVE_AGE = f"min by (symbol, historical) (ekiben_analyst_price_age_seconds{{{SCOPE}}})"


def make_analyst() -> Dashboard:
    """Return the dashboard of the analyst."""
    variables = (
        choice("Namespace", "namespace", "ekiben_analyst_store_up"),
        choice("Service", "job", 'ekiben_analyst_store_up{namespace="$namespace"}'),
    )
    rows = (
        ("Now", _now()),
        ("Texts", _texts()),
        ("Language models", _providers()),
        ("Prices and news", _data()),
    )
    about = (
        "Texts about prices: who wrote them, how many passed their checks, what that cost, from what data."
    )
    return board("ekiben-analyst", "Ekiben / Analyst", about, variables, rows)


def _spent(kind: str) -> str:
    used = f"max(ekiben_analyst_budget_{kind}_used{{{SCOPE}}})"
    return f"{used} / (max(ekiben_analyst_budget_{kind}{{{SCOPE}}}) > 0)"


def _now() -> tuple[AnyPanel, ...]:
    fallback = f"(sum(rate({FALLBACKS}[1h])) or vector(0)) / sum(rate({ANSWERS}[1h]))"
    return (
        number("Answers", "Texts sent to callers per second.", "reqps", Query(f"sum(rate({ANSWERS}{RATE}))")),
        number(
            "By rule",
            "Share of the hour's answers that no language model wrote. Alerts above 20 %.",
            "percentunit",
            Query(fallback),
            Limits(0.1, 0.2),
        ),
        number(
            "Price age",
            "Time since the end of the latest price, where it is longest. Alerts above three hours.",
            "s",
            Query(f"max({LIVE_AGE})"),
            Limits(2 * HOUR_SECONDS, 3 * HOUR_SECONDS),
        ),
        number(
            "Providers left alone",
            "Language models that are not asked for now, because their calls failed.",
            "none",
            Query(f"sum(max by (provider) (ekiben_analyst_breaker_open{{{SCOPE}}}))"),
            Limits(1, 2),
        ),
        number(
            "Tokens spent",
            "Share of the day's tokens that all pods together have used. Alerts above 90 %.",
            "percentunit",
            Query(_spent("tokens")),
            Limits(0.7, 0.9),
        ),
        number(
            "Database",
            "1 while some pod reaches it.",
            "none",
            Query(f"max(ekiben_analyst_store_up{{{SCOPE}}})"),
            Limits(1, 0.5, good_is_high=True),
        ),
    )


def _texts() -> tuple[AnyPanel, ...]:
    failed = f"rate(ekiben_analyst_checks_failed_total{{{SCOPE}}}{RATE})"
    return (
        graph(
            "Answers by source",
            "Answers per second: written now (llm), found (stored), or made by rule (fallback).",
            "reqps",
            Query(f"sum by (source) (rate({ANSWERS}{RATE}))", "{{source}}"),
        ),
        graph(
            "Answers by prompts and language",
            "Answers per second, by the version of the prompts and by language.",
            "reqps",
            Query(
                f"sum by (prompt_version, language) (rate({ANSWERS}{RATE}))",
                "{{prompt_version}} {{language}}",
            ),
        ),
        graph(
            "Checks that failed",
            "Per minute, by check: what was wrong with texts that nobody got to see.",
            "none",
            Query(f"60 * sum by (check) ({failed})", "{{check}}"),
        ),
        graph(
            "Failed checks by provider",
            "Per minute, by provider and version of the prompts.",
            "none",
            Query(f"60 * sum by (provider, prompt_version) ({failed})", "{{provider}} {{prompt_version}}"),
        ),
    )


def _providers() -> tuple[AnyPanel, ...]:
    buckets = (
        f"sum by (le, provider) (rate(ekiben_analyst_provider_duration_seconds_bucket{{{SCOPE}}}{RATE}))"
    )
    calls = f"rate(ekiben_analyst_provider_calls_total{{{SCOPE}}}{RATE})"
    return (
        graph(
            "Calls by outcome",
            "Per minute.",
            "none",
            Query(f"60 * sum by (provider, outcome) ({calls})", "{{provider}} {{outcome}}"),
        ),
        graph(
            "Duration of calls",
            "However they ended. Callers wait for two seconds; a call may take thirty.",
            "s",
            Query(f"histogram_quantile(0.5, {buckets})", "{{provider}} p50"),
            Query(f"histogram_quantile(0.95, {buckets})", "{{provider}} p95"),
        ),
        graph(
            "Left alone",
            "Share of pods whose breaker for a provider is open.",
            "percentunit",
            Query(f"avg by (provider) (ekiben_analyst_breaker_open{{{SCOPE}}})", "{{provider}}"),
            highest=1,
        ),
        graph(
            "Budget spent",
            "Share of the day's tokens and dollars, over all pods; it begins anew at midnight in UTC.",
            "percentunit",
            Query(_spent("tokens"), "tokens"),
            Query(_spent("cost_dollars"), "dollars"),
        ),
    )


def _data() -> tuple[AnyPanel, ...]:
    return (
        graph(
            "Age of the latest price",
            "Between one and two hours where runs are hourly; prices out of an archive are years old.",
            "s",
            Query(LIVE_AGE, "{{symbol}}, historical {{historical}}"),
        ),
        graph(
            "Age of the latest news",
            "Time since the latest piece was published. Alerts above twelve hours.",
            "s",
            Query(f"min(ekiben_analyst_news_age_seconds{{{SCOPE}}})", "news"),
        ),
        graph(
            "Missing hours",
            "Intervals without a price among the latest ones; each run tries to fill them.",
            "none",
            Query(f"max by (symbol) (ekiben_analyst_price_gaps{{{SCOPE}}})", "{{symbol}}"),
        ),
        graph(
            "Pods that reach the database",
            "Others answer from memory.",
            "none",
            Query(f"sum(ekiben_analyst_store_up{{{SCOPE}}})", "pods"),
        ),
    )
