"""Every alert says what a person needs, and fires when it should and only then, as promtool evaluates it."""

import json
from pathlib import Path

import pytest
import yaml

from tests.support.helm import CHARTS as CHART_FOLDER
from tests.support.monitoring_tools import insist
from tests.support.rules import (
    CHARTS,
    Rule,
    all_alerts,
    case_files,
    chart_of,
    default_groups,
    read_cases,
    rule_groups,
    rules_of,
    write_cases,
)

SEVERITIES = {"page", "ticket", "info"}
TEAMS = {"platform", "data-science"}
ROUTED = {
    "EkibenHighLatency": ("ticket", "platform"),
    "EkibenHighErrorRatio": ("page", "platform"),
    "EkibenLowTraffic": ("page", "platform"),
    "EkibenLowConfidence": ("ticket", "data-science"),
    "EkibenServiceDown": ("page", "platform"),
    "EkibenErrorBudgetBurnFast": ("page", "platform"),
    "EkibenErrorBudgetBurnSlow": ("ticket", "platform"),
    "EkibenTrainingFailed": ("ticket", "data-science"),
    "EkibenTrainingStale": ("ticket", "data-science"),
    "EkibenPricesMissing": ("ticket", "data-science"),
    "EkibenFallbackAnswers": ("ticket", "data-science"),
    "EkibenBudgetNearlySpent": ("ticket", "data-science"),
}
"""Who is told of what, where that was decided; all else is a ticket for the platform team."""


def both_sides(alert: str) -> tuple[bool, bool]:
    """Return whether a case wants the alert to fire, and whether one wants it to be silent."""
    looks = [
        look
        for file in case_files()
        for case in read_cases(file)["tests"]
        for look in case.get("alert_rule_test", ())
        if look["alertname"] == alert
    ]
    return any(look["exp_alerts"] for look in looks), any(not look["exp_alerts"] for look in looks)


@pytest.mark.parametrize("chart", CHARTS)
def test_rules_are_valid(chart: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": rule_groups(chart)}))
    insist("promtool", "check", "rules", "--lint=all", "--lint-fatal", file)


@pytest.mark.parametrize("file", case_files(), ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_only_then(file: Path, tmp_path: Path) -> None:
    insist("promtool", "test", "rules", write_cases(tmp_path, file, rule_groups(chart_of(file))))


@pytest.mark.parametrize("alert", all_alerts())
def test_every_alert_has_cases_on_both_sides(alert: str) -> None:
    assert both_sides(alert) == (True, True)


def test_no_case_is_about_an_alert_that_is_gone() -> None:
    named = {
        look["alertname"]
        for file in case_files()
        for case in read_cases(file)["tests"]
        for look in case.get("alert_rule_test", ())
    }
    assert named <= set(all_alerts())


@pytest.mark.parametrize("alert", all_alerts())
def test_every_alert_says_how_urgent_it_is_whose_and_where_to_read_on(alert: str) -> None:
    _, rule = all_alerts()[alert]
    assert {"severity", "team", "namespace", "service"} <= set(rule["labels"])
    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["labels"]["team"] in TEAMS
    assert rule["annotations"]["runbook_url"].endswith(f"/docs/runbooks.md#{alert.lower()}")
    for text in ("summary", "description"):
        assert rule["annotations"][text].strip() == rule["annotations"][text]
    assert len(rule["annotations"]["summary"]) <= 80
    assert rule["annotations"]["description"].endswith(".")


@pytest.mark.parametrize("alert", all_alerts())
def test_alerts_reach_who_was_decided(alert: str) -> None:
    labels = all_alerts()[alert][1]["labels"]
    usual = ("info" if alert == "EkibenRolloutHeld" else "ticket", "platform")
    assert (labels["severity"], labels["team"]) == ROUTED.get(alert, usual)


def named(rules: list[Rule]) -> set[str]:
    return {rule["alert"] for rule in rules if "alert" in rule}


def test_alerts_that_need_a_promise_are_off_until_it_is_made() -> None:
    missing = named(rules_of(rule_groups("inference"))) - named(rules_of(default_groups("inference")))
    assert missing == {"EkibenLowTraffic", "EkibenCertificateExpiring"}


@pytest.mark.parametrize("chart", CHARTS)
def test_disabled_alerts_are_left_out_and_the_others_get_more_labels(chart: str) -> None:
    names = sorted(named(rules_of(rule_groups(chart))))
    rest = rules_of(rule_groups(chart, {"disabled": names[:1], "labels": {"tier": "gold"}}))
    assert named(rest) == set(names[1:])
    assert all(rule["labels"]["tier"] == "gold" for rule in rest if "alert" in rule)


@pytest.mark.parametrize("chart", CHARTS)
def test_runbooks_may_lie_elsewhere(chart: str) -> None:
    rules = rules_of(rule_groups(chart, {"runbookUrl": "https://wiki.example.org/ekiben"}))
    urls = {rule["annotations"]["runbook_url"] for rule in rules if "alert" in rule}
    assert urls == {f"https://wiki.example.org/ekiben#{name.lower()}" for name in named(rules)}


@pytest.mark.parametrize("chart", CHARTS)
def test_the_schema_knows_every_alert_that_may_be_disabled(chart: str) -> None:
    schema = json.loads((CHART_FOLDER / chart / "values.schema.json").read_text())
    allowed = schema["properties"]["alerts"]["properties"]["disabled"]["items"]["enum"]
    assert set(allowed) == named(rules_of(rule_groups(chart)))
