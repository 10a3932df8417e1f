"""The analyst as two parts of the platform: off until asked for, then in agreement with the others."""

from collections.abc import Mapping
from typing import Any

import pytest

from k8s.bootstrap import analyst_database
from tests.support.helm import CHARTS, Manifests, Object, notes, pod_specs, render
from tests.support.network_policies import Place, may_reach, pod_place

ON = (CHARTS / "platform/ci/analyst-values.yaml",)
SERVICE, LLM = "Deployment/analyst", "Deployment/analyst-llm"
PRICES, NEWS = "CronJob/analyst-prices", "CronJob/analyst-news"
POSTGRESQL = "StatefulSet/postgresql"
PUBLIC = Place(address="203.0.113.7")
PROMETHEUS = Place("monitoring", {"app": "prometheus"})
CALLER = Place("ekiben", {"ekiben.io/client": "true"})
LIVE: Mapping[str, Any] = {"analystData": {"prices": {"sources": ["kraken"]}, "news": {"enabled": True}}}


def _platform(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("platform", values, files=ON, release="ekiben", namespace="ekiben")


def _names(found: Manifests) -> set[str]:
    return {f"{item['kind']}/{item['metadata']['name']}" for item in found.objects}


def _places(values: Mapping[str, Any] | None = None) -> dict[str, Place]:
    return {name: pod_place(pod, "ekiben") for name, pod in pod_specs(_platform(values).objects)}


def _environment(pod: Object) -> dict[str, Any]:
    entries = pod["spec"]["containers"][0]["env"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in entries}


def test_it_is_off_unless_it_is_asked_for() -> None:
    usual = _names(render("platform", release="ekiben", namespace="ekiben"))
    assert not [name for name in usual if "analyst" in name]
    assert {SERVICE, LLM, PRICES} <= _names(_platform())


@pytest.mark.parametrize(("part", "gone"), [("analyst", {SERVICE}), ("analystData", {LLM, PRICES})])
def test_each_of_its_parts_can_be_left_out(part: str, gone: set[str]) -> None:
    rest = _names(_platform({"parts": {part: False}}))
    assert not gone & rest
    assert {SERVICE, LLM, PRICES} - gone <= rest


def test_no_name_is_used_twice_by_its_two_parts() -> None:
    values = {"analystData": {"prometheusRule": {"enabled": True}, "dashboards": {"enabled": True}}}
    shared = {"prometheusRule": {"enabled": True}, "dashboards": {"enabled": True}}
    found = _platform({**values, "analyst": shared})
    assert len(_names(found)) == len(found.objects)


def test_the_service_asks_the_language_model_at_its_service() -> None:
    found = _platform()
    port = found.one("Service", "analyst-llm")["spec"]["ports"][0]["port"]
    url = _environment(found.one("Deployment", "analyst")["spec"]["template"])["EKIBEN_ANALYST_OPENAI_URL"]
    assert url == f"http://analyst-llm:{port}/v1"


def test_whoever_reads_and_writes_prices_shares_one_database() -> None:
    found = dict(pod_specs(_platform(LIVE).objects))
    address = {"secretKeyRef": {"name": "analyst-database", "key": "url"}}
    for name in (SERVICE, PRICES, NEWS):
        assert _environment(found[name])["EKIBEN_DATABASE_URL"] == address


def test_the_trial_database_makes_the_role_that_the_address_names() -> None:
    found = _platform()
    (volume,) = (
        one["projected"]
        for one in found.one("StatefulSet")["spec"]["template"]["spec"]["volumes"]
        if one["name"] == "databases"
    )
    (source,) = volume["sources"]
    (item,) = source["secret"]["items"]
    account = analyst_database()
    port = found.one("Service", "postgresql")["spec"]["ports"][0]["port"]
    expected = f"postgresql://{item['path']}:{account[item['key']]}@postgresql:{port}/{item['path']}"
    assert (source["secret"]["name"], account["url"]) == ("analyst-database", expected)


REACHES = {
    (SERVICE, LLM, 3200),
    (SERVICE, POSTGRESQL, 5432),
    (PRICES, POSTGRESQL, 5432),
    (NEWS, POSTGRESQL, 5432),
    ("Pod/analyst-test", SERVICE, 3000),
    ("Pod/analyst-data-test", LLM, 3200),
    ("Pod/analyst-data-test", POSTGRESQL, 5432),
}
PORTS = {SERVICE: (3000,), LLM: (3200,), POSTGRESQL: (5432, 9187)}
OTHERS = {("Deployment/mlflow", POSTGRESQL, 5432), ("Pod/postgresql-test", POSTGRESQL, 5432)}
OTHERS |= {("Pod/battle-test", SERVICE, 3000)}
"""The test pod of `battle` is a caller, and callers may ask every service."""


def test_policies_let_through_what_is_needed_and_nothing_else() -> None:
    policies, places = _platform(LIVE).of("NetworkPolicy"), _places(LIVE)
    found = {
        (source, target, port)
        for source in places
        for target, ports in PORTS.items()
        for port in ports
        if source != target and may_reach(policies, places[source], places[target], port)
    }
    assert found == REACHES | OTHERS


def test_only_runs_reach_the_world_and_only_for_what_is_of_today() -> None:
    policies, places = _platform(LIVE).of("NetworkPolicy"), _places(LIVE)
    assert {
        name for name in (SERVICE, LLM, PRICES, NEWS) if may_reach(policies, places[name], PUBLIC, 443)
    } == {
        PRICES,
        NEWS,
    }
    offline = _platform().of("NetworkPolicy")
    assert not may_reach(offline, _places()[PRICES], PUBLIC, 443)


def test_callers_and_prometheus_reach_the_service() -> None:
    policies, places = _platform().of("NetworkPolicy"), _places()
    for source in (CALLER, PROMETHEUS):
        assert may_reach(policies, source, places[SERVICE], 3000)
        assert not may_reach(policies, source, places[LLM], 3200)


def test_its_prompts_are_a_model_that_the_reconciler_rolls_out() -> None:
    found = _platform()
    labels = found.one("Deployment", "analyst")["metadata"]["labels"]
    assert (labels["ekiben.io/model"], labels["ekiben.io/rollout"]) == ("analyst", "auto")
    (container,) = found.one("CronJob", "training-analyst")["spec"]["jobTemplate"]["spec"]["template"][
        "spec"
    ]["containers"]
    assert container["args"] == ["train", "analyst"]


def test_its_alerts_are_about_the_routes_that_it_has() -> None:
    found = _platform({"analyst": {"prometheusRule": {"enabled": True}}})
    rules = found.one("PrometheusRule", "analyst")["spec"]["groups"]
    asked = [rule["expr"] for group in rules for rule in group["rules"] if "route=~" in rule["expr"]]
    assert asked
    assert all('job="analyst",route=~"/price-.+|/latest-news"' in expression for expression in asked)


def test_notes_tell_how_to_ask_and_to_collect_and_warn_of_half_of_it() -> None:
    parts = {"parts": {"analyst": True, "analystData": True}}
    told = notes("platform", parts, release="ekiben")
    assert "/price-analysis?limit=24" in told
    assert "create job --from=cronjob/analyst-prices" in told
    assert "WARNING" not in told
    half = notes("platform", {"parts": {"analyst": True}}, release="ekiben")
    assert "WARNING: parts.analyst without parts.analystData" in half
