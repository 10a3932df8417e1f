"""The analyst: prices come from the CronJob into PostgreSQL, texts from a language model, and answers come
whatever becomes of that model."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support import witness
from tests.e2e.support.cluster import Cluster
from tests.e2e.support.figures import Figures
from tests.e2e.support.platform import DATABASE, Platform
from tests.e2e.support.pods import BATTLE_IMAGE, restricted, start
from tests.e2e.support.pods import pod as pod_named
from tests.e2e.support.prometheus import Prometheus
from tests.e2e.support.service import CALLER, Answer
from tests.e2e.support.waiting import Stopwatch, wait_until
from tests.support.dashboards import panel_queries
from tests.support.network_policies import Place, may_reach, pod_place

NAME = "10 analyst"
ON = ("--set", "parts.analyst=true,parts.analystData=true")
LLM = "analyst-llm"
WITNESS = "witness"
MODEL_SECONDS = 120.0
"""Longest wait for a text by the language model, which shares two processors with everything else."""
DEADLINE_SECONDS = 2.0
SPARE_SECONDS = 1.0
"""A busy machine and a connection on top of the deadline."""
MAY_BE_EMPTY = {"Checks that failed", "Failed checks by provider"}
"""Panels about what need not happen."""

WINDOWS = iter(range(30, 1000, 7))
"""Windows that nobody has asked for yet: their texts are not stored."""


def explain(platform: Platform, window: int, **request: Any) -> Answer:
    return platform.analyst.ask(f"/price-analysis?limit={window}", method="GET", **request)


def source_of(platform: Platform, window: int) -> str:
    answer = explain(platform, window)
    assert answer.status == 200, answer
    return str(answer.json["source"])


def written_by_the_model(platform: Platform) -> Callable[[], bool]:
    """Return a probe that asks for a few windows until one has a text by the model: single ones may fail its
    checks for good."""
    windows = [next(WINDOWS) for _ in range(4)]
    return lambda: any(source_of(platform, window) != "fallback" for window in windows)


def ask_database(cluster: Cluster, query: str) -> str:
    psql = ("psql", "--username", "mlflow", "--dbname", "analyst", "--tuples-only", "--no-align")
    return cluster.exec(f"statefulset/{DATABASE}", *psql, "--command", query).strip()


def log_lines(cluster: Cluster, *which: str) -> list[dict[str, Any]]:
    """Return the JSON lines of a log; others, such as kubectl's, are left out."""
    text = cluster.kubectl("logs", *which, "--tail", "-1")
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def analyst(platform: Platform) -> Platform:
    """The platform with the analyst turned on, also where the scenario was begun in its middle."""
    if not platform.cluster.exists("deployment", "analyst"):
        if not json.loads(platform.operator.run("models", "analyst", "--output", "json")):
            platform.handbook.run("analyst-train")
        platform.handbook.run("analyst-on")
    return platform


def test_prompts_are_judged_by_a_training_and_promoted(platform: Platform, figures: Figures) -> None:
    watch = Stopwatch()
    platform.handbook.run("analyst-train")
    figures.add(NAME, "prompts judged with the embedded model, and promoted", watch.seconds, "s")
    (version,) = json.loads(platform.operator.run("models", "analyst", "--output", "json"))
    assert (version["version"], version["gate"]) == ("1", "passed"), version["verdict"]
    assert "champion" in version["aliases"]


def test_it_is_turned_on_and_battle_does_not_notice(platform: Platform, figures: Figures) -> None:
    before = {pod.uid: pod.restarts for pod in platform.battle.pods()}
    watch = Stopwatch()
    platform.handbook.run("analyst-on")
    platform.analyst.wait_pinned("1", within_seconds=120)
    figures.add(NAME, "helm upgrade to every pod serving the prompts", watch.seconds, "s")
    assert {pod.uid: pod.restarts for pod in platform.battle.pods()} == before
    assert ask_database(platform.cluster, "select count(*) from alembic_version") == "1"


def test_without_prices_there_is_nothing_to_explain(analyst: Platform) -> None:
    if ask_database(analyst.cluster, "select count(*) from prices") == "0":
        answer = explain(analyst, 24)
        assert answer.status == 404, answer
        assert answer.headers["content-type"] == "application/problem+json"


def test_collector_fills_the_database_and_a_second_run_changes_nothing(
    analyst: Platform, figures: Figures
) -> None:
    cluster = analyst.cluster
    watch = Stopwatch()
    analyst.handbook.run("analyst-collect")
    figures.add(NAME, "collector's Job from start to end", watch.seconds, "s")
    rows = int(ask_database(cluster, "select count(*) from prices where symbol = 'BTC'"))
    assert rows > 1000
    sources = ask_database(cluster, "select distinct split_part(source, ':', 1) from prices")
    assert sources == "history"
    figures.add(NAME, "hours of Bitcoin's price in PostgreSQL", rows)
    cluster.kubectl("create", "job", "collect-again", "--from", "cronjob/analyst-prices")
    cluster.kubectl(
        "wait", "--for", "condition=complete", "job/collect-again", "--timeout=300s", within_seconds=310
    )
    assert int(ask_database(cluster, "select count(*) from prices where symbol = 'BTC'")) == rows


def test_another_pod_gets_an_explanation_with_a_key_and_none_without(
    analyst: Platform, figures: Figures
) -> None:
    answer = wait_until("the new prices", lambda: _explained(analyst), 60)
    told = answer.json
    assert (told["symbol"], told["window"], told["historical"], told["language"]) == ("BTC", 24, True, "en")
    assert told["source"] in {"llm", "stored", "fallback"}
    assert all(check["passed"] for check in told["checks"])
    assert explain(analyst, 24, headers={"Accept-Language": "fr"}).json["language"] == "fr"
    assert explain(analyst, 24, key="").status == 401
    assert explain(analyst, 1).status == 422
    assert "answered 200" in analyst.handbook.run("analyst-ask")
    history = analyst.analyst.ask("/price-history?limit=3", method="GET")
    assert len(history.json) == 3
    figures.add(NAME, "explanation through Service and DNS; without a key", "200; 401")


def _explained(analyst: Platform) -> Answer:
    answer = explain(analyst, 24)
    if answer.status != 200:
        raise LookupError(answer)
    return answer


def test_language_model_writes_and_its_texts_are_stored(analyst: Platform, figures: Figures) -> None:
    watch = Stopwatch()
    wait_until("a text by the model", written_by_the_model(analyst), MODEL_SECONDS, 1)
    figures.add(NAME, "a text by the language model after", watch.seconds, "s")
    stored = "select count(*) from analyses where model <> ''"
    wait_until("a stored text", lambda: int(ask_database(analyst.cluster, stored)) > 0, 30)


def test_provider_killed_is_answered_in_time_and_its_return_is_noticed(
    analyst: Platform, figures: Figures
) -> None:
    before = {pod.uid: pod.restarts for pod in analyst.analyst.pods()}
    analyst.scale("deploy", LLM, 0)
    answers = [explain(analyst, next(WINDOWS)) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * len(answers)
    assert {answer.json["source"] for answer in answers} == {"fallback"}
    assert all(check["passed"] for answer in answers for check in answer.json["checks"])
    slowest = max(answer.seconds for answer in answers)
    figures.add(NAME, "provider killed: slowest answer", round(slowest, 2), "s", "≤ 2 s")
    assert slowest < DEADLINE_SECONDS + SPARE_SECONDS
    watch = Stopwatch()
    analyst.scale("deploy", LLM, 1)
    wait_until("a text by the model again", written_by_the_model(analyst), MODEL_SECONDS, 1)
    figures.add(NAME, "provider back: a text by it after", watch.seconds, "s")
    assert {pod.uid: pod.restarts for pod in analyst.analyst.pods()} == before


def test_database_away_known_answers_go_on(analyst: Platform, figures: Figures) -> None:
    known = next(WINDOWS)
    for _ in range(8):
        source_of(analyst, known)
    analyst.scale("statefulset", DATABASE, 0)
    try:
        answers = [explain(analyst, known) for _ in range(8)]
    finally:
        analyst.scale("statefulset", DATABASE, 1)
    assert {answer.status for answer in answers} == {200}
    figures.add(NAME, "PostgreSQL down: answers about known prices", "200", "", "200")
    fresh = next(WINDOWS)
    wait_until("answers about other windows", lambda: explain(analyst, fresh).status == 200, 60)


@pytest.fixture
def noting(analyst: Platform) -> Iterator[str]:
    """The name of a pod that plays the provider and notes the traces of its callers."""
    cluster = analyst.cluster
    source = Path(witness.__file__).read_text()
    container = restricted({"image": BATTLE_IMAGE, "command": ["python", "-u", "-c", source]})
    start(cluster, pod_named(WITNESS, container, {"app.kubernetes.io/name": LLM}))
    address = cluster.get("pod", WITNESS)["status"]["podIP"]
    variable = "analyst.extraEnv.EKIBEN_ANALYST_OPENAI_URL"
    analyst.upgrade(*ON, "--set", f"{variable}=http://{address}:{witness.PORT}/v1")
    analyst.analyst.wait_settled()
    yield WITNESS
    analyst.upgrade(*ON)
    analyst.analyst.wait_settled()
    cluster.kubectl("delete", "pod", WITNESS, "--wait=true")


def test_one_trace_is_followed_from_the_caller_to_the_provider(
    analyst: Platform, noting: str, figures: Figures
) -> None:
    trace = secrets.token_hex(16)
    traceparent = f"00-{trace}-{secrets.token_hex(8)}-01"
    answer = explain(analyst, next(WINDOWS), headers={"traceparent": traceparent})
    assert (answer.status, answer.json["source"]) == (200, "fallback")
    selector = ("--selector", "app.kubernetes.io/name=analyst", "--container", "analyst")

    def of_the_trace() -> list[dict[str, Any]]:
        lines = [line for line in log_lines(analyst.cluster, *selector) if line.get("trace_id") == trace]
        events = {line["event"] for line in lines}
        return lines if {"Request answered", "Language model asked"} <= events else []

    lines = wait_until("the lines of the trace", of_the_trace, 60)
    asked = next(line for line in lines if line["event"] == "Language model asked")
    assert asked["outcome"] == "server"
    noted = [line["traceparent"] for line in log_lines(analyst.cluster, noting) if line["traceparent"]]
    assert trace in {found.split("-")[1] for found in noted}
    figures.add(NAME, "lines of one trace in the analyst's log; at the provider", f"{len(lines)}; noted")


def test_policies_let_through_what_is_needed_and_nothing_else(analyst: Platform, figures: Figures) -> None:
    cluster = analyst.cluster
    policies = cluster.items("networkpolicies")
    labels = cluster.get("namespace", cluster.namespace)["metadata"]["labels"]
    jobs = cluster.get("cronjob", "analyst-prices")["spec"]["jobTemplate"]["spec"]["template"]
    templates = {
        "analyst": cluster.get("deploy", "analyst")["spec"]["template"],
        LLM: cluster.get("deploy", LLM)["spec"]["template"],
        "prices": jobs,
        DATABASE: cluster.get("statefulset", DATABASE)["spec"]["template"],
        CALLER: cluster.get("pod", CALLER),
    }
    found = {name: pod_place(one, cluster.namespace, labels) for name, one in templates.items()}
    ports = {"analyst": 3000, LLM: 3200, DATABASE: 5432}
    allowed = {
        (source, target)
        for source in found
        for target, port in ports.items()
        if source != target and may_reach(policies, found[source], found[target], port)
    }
    assert allowed == {(CALLER, "analyst"), ("analyst", LLM), ("analyst", DATABASE), ("prices", DATABASE)}
    outside = Place(address="203.0.113.7")
    assert not any(may_reach(policies, found[name], outside, 443) for name in found if name != CALLER)
    figures.add(NAME, "connections allowed between its parts", len(allowed), "", "as listed")


def test_prometheus_sees_it_and_every_panel_has_data(
    analyst: Platform, prometheus: Prometheus, figures: Figures
) -> None:
    variables = {"analyst": {"namespace": analyst.cluster.namespace, "job": "analyst"}}
    asked = [one for one in panel_queries(variables) if one.dashboard == "analyst"]
    queries = [one for one in asked if one.panel not in MAY_BE_EMPTY]
    wait_until("a text by the model", written_by_the_model(analyst), MODEL_SECONDS, 1)

    def all_have_data() -> bool:
        source_of(analyst, 24)
        if empty := [one.panel for one in queries if not prometheus.query(one.expression)]:
            raise LookupError(empty)
        return True

    wait_until("data for every panel", all_have_data, 90, 5)
    figures.add(NAME, "queries of the dashboard with data", f"{len(queries)} of {len(queries)}")
    rules = {rule["name"]: rule["health"] for rule in prometheus.rules()}
    assert {rules[name] for name in ("EkibenFallbackAnswers", "EkibenProviderLeftAlone")} == {"ok"}


def test_every_command_of_the_handbook_was_run(platform: Platform) -> None:
    assert platform.handbook.left == []
