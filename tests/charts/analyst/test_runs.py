"""The CronJobs that collect: when they run, whom they ask, and what they are told."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from bentos.analyst.settings import CollectSettings
from bentos.core.settings import DatabaseSettings, LogSettings
from tests.support.helm import HelmRefused, Manifests, Object, notes, render

PRICES, NEWS = "analyst-prices", "analyst-news"
BOTH = (PRICES, NEWS)


def _analyst(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("analyst", values, release="analyst-data")


def _spec(name: str, values: Mapping[str, Any] | None = None) -> Object:
    spec: Object = _analyst(values).one("CronJob", name)["spec"]
    return spec


def _pod(name: str, values: Mapping[str, Any] | None = None) -> Object:
    template: Object = _spec(name, values)["jobTemplate"]["spec"]["template"]
    return template


def _container(name: str, values: Mapping[str, Any] | None = None) -> Object:
    (found,) = _pod(name, values)["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def _environment(name: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    entries = _container(name, values)["env"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in entries}


def test_prices_and_news_are_collected_every_hour_by_the_collector() -> None:
    for name, what in ((PRICES, "prices"), (NEWS, "news")):
        assert _spec(name)["schedule"] == "0 * * * *"
        found = _container(name)
        assert found["command"] == ["python", "-m", "bentos.analyst.collect"]
        assert found["args"] == [what]
        assert found["image"] == "docker.io/ekiben/analyst:0.1.0"


@pytest.mark.parametrize(("kind", "left"), [("prices", NEWS), ("news", PRICES)])
def test_each_can_be_left_out(kind: str, left: str) -> None:
    found = _analyst({kind: {"enabled": False}})
    assert [job["metadata"]["name"] for job in found.of("CronJob")] == [left]
    assert [policy["metadata"]["name"] for policy in found.of("NetworkPolicy")] == [left]


@pytest.mark.parametrize(
    ("knob", "value", "where"),
    [
        ("timeZone", "Europe/Berlin", ()),
        ("startingDeadlineSeconds", 77, ()),
        ("successfulJobsHistoryLimit", 9, ()),
        ("failedJobsHistoryLimit", 8, ()),
        ("activeDeadlineSeconds", 777, ("jobTemplate", "spec")),
        ("backoffLimit", 5, ("jobTemplate", "spec")),
        ("ttlSecondsAfterFinished", 999, ("jobTemplate", "spec")),
    ],
)
@pytest.mark.parametrize("name", BOTH)
def test_what_is_said_for_all_holds_for_both(
    name: str, knob: str, value: object, where: tuple[str, ...]
) -> None:
    spec = _spec(name, {"collect": {knob: value}})
    for key in where:
        spec = spec[key]
    assert spec[knob] == value


@pytest.mark.parametrize(("kind", "name", "other"), [("prices", PRICES, NEWS), ("news", NEWS, PRICES)])
def test_each_has_its_own_schedule_and_can_be_suspended(kind: str, name: str, other: str) -> None:
    values = {kind: {"schedule": "5 */2 * * *", "suspend": True}}
    assert (_spec(name, values)["schedule"], _spec(name, values)["suspend"]) == ("5 */2 * * *", True)
    assert (_spec(other, values)["schedule"], _spec(other, values)["suspend"]) == ("0 * * * *", False)


def test_two_runs_never_meet_and_a_failed_one_is_kept_apart() -> None:
    for name in BOTH:
        assert _spec(name)["concurrencyPolicy"] == "Forbid"
        assert _pod(name)["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize(
    ("name", "values", "variable", "value"),
    [
        (PRICES, {}, "EKIBEN_COLLECT_PRICES", "coinbase,kraken,binance"),
        (PRICES, {"prices": {"sources": ["history"]}}, "EKIBEN_COLLECT_PRICES", "history"),
        (
            PRICES,
            {"prices": {"sources": ["kraken=https://m.example", "history"]}},
            "EKIBEN_COLLECT_PRICES",
            "kraken=https://m.example,history",
        ),
        (PRICES, {"prices": {"symbols": ["BTC", "ETH"]}}, "EKIBEN_COLLECT_SYMBOLS", "BTC,ETH"),
        (PRICES, {"prices": {"backfillHours": 5000}}, "EKIBEN_COLLECT_BACKFILL_HOURS", "5000"),
        (PRICES, {"prices": {"jumpPercent": 12.5}}, "EKIBEN_COLLECT_JUMP_PERCENT", "12.5"),
        (PRICES, {}, "EKIBEN_COLLECT_ARCHIVES", "/app/src/bentos/analyst/archives"),
        (PRICES, {"collect": {"archives": {"folder": "/a"}}}, "EKIBEN_COLLECT_ARCHIVES", "/a"),
        (NEWS, {}, "EKIBEN_COLLECT_NEWS", "coindesk,cointelegraph,decrypt"),
        (NEWS, {"news": {"sources": ["decrypt"]}}, "EKIBEN_COLLECT_NEWS", "decrypt"),
        (NEWS, {"collect": {"timeoutSeconds": 2.5}}, "EKIBEN_COLLECT_TIMEOUT_SECONDS", "2.5"),
        (PRICES, {"collect": {"attempts": 9}}, "EKIBEN_COLLECT_ATTEMPTS", "9"),
        (PRICES, {}, "EKIBEN_COLLECT_KEEP_PRICES_DAYS", "0"),
        (NEWS, {"collect": {"keep": {"newsDays": 7}}}, "EKIBEN_COLLECT_KEEP_NEWS_DAYS", "7"),
        (PRICES, {"collect": {"keep": {"analysesDays": 8}}}, "EKIBEN_COLLECT_KEEP_ANALYSES_DAYS", "8"),
        (PRICES, {"collect": {"keep": {"usageDays": 36500}}}, "EKIBEN_COLLECT_KEEP_USAGE_DAYS", "36500"),
        (NEWS, {"log": {"level": "debug"}}, "EKIBEN_LOG_LEVEL", "debug"),
        (NEWS, {"database": {"connections": 7}}, "EKIBEN_DATABASE_CONNECTIONS", "7"),
        (NEWS, {"database": {"timeoutSeconds": 3}}, "EKIBEN_DATABASE_TIMEOUT_SECONDS", "3"),
    ],
)
def test_settings_become_variables(name: str, values: dict[str, Any], variable: str, value: str) -> None:
    assert _environment(name, values)[variable] == value


def _variables(group: type[BaseSettings]) -> set[str]:
    prefix = group.model_config["env_prefix"]
    return {f"{prefix}{field.upper()}" for field in group.model_fields}


def test_every_variable_is_a_setting_of_the_collector() -> None:
    known = set().union(*(_variables(group) for group in (CollectSettings, DatabaseSettings, LogSettings)))
    for name in BOTH:
        assert _environment(name).keys() <= known
    told = {variable for name in BOTH for variable in _environment(name) if "COLLECT" in variable}
    # The chart runs once a schedule, so the pause of `--loop` means nothing here.
    assert _variables(CollectSettings) - told == {"EKIBEN_COLLECT_INTERVAL_SECONDS"}


@pytest.mark.parametrize("key", ["url", "uri"])
def test_the_databases_address_comes_from_the_secret(key: str) -> None:
    values = {"database": {"existingSecret": "tables", "key": key}}
    for name in BOTH:
        expected = {"secretKeyRef": {"name": "tables", "key": key}}
        assert _environment(name, values)["EKIBEN_DATABASE_URL"] == expected
        assert _pod(name)["metadata"]["labels"]["ekiben.io/database-client"] == "true"


def test_variables_of_ones_own_are_added_and_never_replace() -> None:
    values = {"collect": {"extraEnv": {"HTTPS_PROXY": "http://proxy:3128"}}}
    assert _environment(NEWS, values)["HTTPS_PROXY"] == "http://proxy:3128"
    with pytest.raises(HelmRefused, match=r"collect\.extraEnv: EKIBEN_COLLECT_PRICES is set by the chart"):
        _analyst({"collect": {"extraEnv": {"EKIBEN_COLLECT_PRICES": "kraken"}}})


def test_history_may_lie_on_a_claim() -> None:
    assert [volume["name"] for volume in _pod(PRICES)["spec"]["volumes"]] == ["tmp"]
    values = {"collect": {"archives": {"folder": "/archives", "existingClaim": "history"}}}
    (_, volume) = _pod(PRICES, values)["spec"]["volumes"]
    assert volume["persistentVolumeClaim"] == {"claimName": "history", "readOnly": True}
    mount = {"name": "archives", "mountPath": "/archives", "readOnly": True}
    assert mount in _container(PRICES, values)["volumeMounts"]
    assert [volume["name"] for volume in _pod(NEWS, values)["spec"]["volumes"]] == ["tmp"]


def test_runs_can_be_placed_and_bounded() -> None:
    values = {
        "nodeSelector": {"pool": "batch"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"podAffinity": {}},
        "priorityClassName": "p",
        "tmp": {"sizeLimit": "8Mi"},
        "collect": {"resources": {"limits": {"memory": "1Gi"}}},
    }
    spec = _pod(NEWS, values)["spec"]
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"pool": "batch"}, [{"operator": "Exists"}])
    assert (spec["affinity"], spec["priorityClassName"]) == ({"podAffinity": {}}, "p")
    assert spec["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "8Mi"}}]
    assert _container(NEWS, values)["resources"]["limits"]["memory"] == "1Gi"


def test_runs_have_an_account_without_a_token() -> None:
    assert _analyst().one("ServiceAccount")["metadata"]["name"] == "analyst-data"
    spec = _pod(PRICES)["spec"]
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("analyst-data", False)
    values = {"serviceAccount": {"create": False, "name": "mine"}}
    assert _analyst(values).of("ServiceAccount") == []
    assert _pod(PRICES, values)["spec"]["serviceAccountName"] == "mine"


@pytest.mark.parametrize(
    ("release", "override", "name"),
    [
        ("analyst-data", "", "analyst-prices"),
        ("trial", "", "trial-analyst-prices"),
        ("trial", "bitcoin", "bitcoin-prices"),
        ("a" * 53, "", "a" * 45 + "-prices"),
    ],
)
def test_names_begin_as_they_are_told_and_leave_room_for_those_of_jobs(
    release: str, override: str, name: str
) -> None:
    found = render("analyst", {"fullnameOverride": override}, release=release)
    names = [job["metadata"]["name"] for job in found.of("CronJob")]
    assert name in names
    # Kubernetes adds eleven characters to a Job that a schedule starts.
    assert max(map(len, names)) <= 63 - 11


def test_notes_say_how_to_collect_at_once_and_warn_of_a_wall() -> None:
    told = notes("analyst", release="analyst-data")
    assert "create job --from=cronjob/analyst-prices analyst-prices-by-hand" in told
    assert "WARNING" not in told
    shut = notes("analyst", {"networkPolicy": {"sources": {"peers": []}}}, release="analyst-data")
    assert "WARNING: the NetworkPolicies let runs reach no source" in shut


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"price": {}}, "price"),
    ({"fullnameOverride": "A"}, "/fullnameOverride"),
    ({"database": {"existingSecret": ""}}, "/database/existingSecret"),
    ({"database": {"url": "postgresql://u@h/d"}}, "url"),
    ({"prices": {"schedule": "hourly"}}, "/prices/schedule"),
    ({"prices": {"sources": []}}, "/prices/sources"),
    ({"prices": {"sources": ["nasdaq"]}}, "/prices/sources/0"),
    ({"prices": {"sources": ["kraken=mirror"]}}, "/prices/sources/0"),
    ({"prices": {"sources": ["kraken", "kraken"]}}, "/prices/sources"),
    ({"prices": {"symbols": ["btc"]}}, "/prices/symbols/0"),
    ({"prices": {"backfillHours": 0}}, "/prices/backfillHours"),
    ({"prices": {"jumpPercent": 0}}, "/prices/jumpPercent"),
    ({"news": {"sources": ["history"]}}, "/news/sources/0"),
    ({"collect": {"attempts": 11}}, "/collect/attempts"),
    ({"collect": {"keep": {"newsDays": -1}}}, "/collect/keep/newsDays"),
    ({"collect": {"keep": {"pricesDays": 36501}}}, "/collect/keep/pricesDays"),
    ({"collect": {"archives": {"folder": "archives"}}}, "/collect/archives/folder"),
    ({"collect": {"activeDeadlineSeconds": 1}}, "/collect/activeDeadlineSeconds"),
    ({"service": {"name": "A"}}, "/service/name"),
    ({"log": {"level": "loud"}}, "/log/level"),
    ({"alerts": {"fallbackRatio": 1}}, "/alerts/fallbackRatio"),
    ({"alerts": {"disabled": ["EkibenHighLatency"]}}, "/alerts/disabled/0"),
    ({"networkPolicy": {"sources": {"peers": [{"ipBlock": {"cidr": "kraken.com"}}]}}}, "cidr"),
    ({"prices": {"enabled": False}, "news": {"enabled": False}}, "nothing is left to install"),
]


@pytest.mark.parametrize(("values", "named"), REFUSED, ids=[str(values) for values, _ in REFUSED])
def test_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        _analyst(values)
    assert named in str(refused.value)
