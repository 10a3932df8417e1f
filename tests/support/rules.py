"""Recording and alert rules as the charts render them, and the cases that test them."""

import copy
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.helm import render

CHARTS = ("analyst", "inference", "mlflow", "postgresql", "training")
"""The charts with rules."""

NAMESPACE = "models"
WITH_OPTIONAL: Mapping[str, Mapping[str, Any]] = {
    "inference": {"trafficExpected": True, "certificateDays": 14}
}
"""`alerts` values with which a chart renders every alert it has."""

REQUIRED: Mapping[str, Mapping[str, Any]] = {"inference": {"auth": {"existingSecret": "keys"}}}
"""Values without which a chart renders nothing."""

CASES = Path(__file__).parents[1] / "rules"

Rule = dict[str, Any]
Group = dict[str, Any]
Case = dict[str, Any]


def rule_groups(chart: str, alerts: Mapping[str, Any] | None = None) -> list[Group]:
    """Return a chart's rule groups, with every alert it has, under the values `alerts`."""
    chosen = {**WITH_OPTIONAL.get(chart, {}), **(alerts or {})}
    return default_groups(chart, chosen)


def default_groups(chart: str, alerts: Mapping[str, Any] | None = None) -> list[Group]:
    """Return a chart's rule groups under the values `alerts` and nothing else."""
    switched_on = {"prometheusRule": {"enabled": True}, "alerts": dict(alerts or {})}
    values = {**REQUIRED.get(chart, {}), **switched_on}
    rule = render(chart, values, namespace=NAMESPACE).one("PrometheusRule")
    return copy.deepcopy(list(rule["spec"]["groups"]))


def rules_of(groups: Iterable[Group]) -> list[Rule]:
    """Return the rules of all groups."""
    return [rule for group in groups for rule in group["rules"]]


@functools.cache
def all_alerts() -> Mapping[str, tuple[str, Rule]]:
    """Return chart and rule of every alert by its name."""
    return {
        rule["alert"]: (chart, rule)
        for chart in CHARTS
        for rule in rules_of(rule_groups(chart))
        if "alert" in rule
    }


def keep_alert(groups: Iterable[Group], alert: str) -> list[Group]:
    """Return a group of one alert and the records it reads: the others cost time when this one is tested."""
    rules = [rule for rule in rules_of(groups) if rule.get("alert", alert) == alert]
    read = next(rule["expr"] for rule in rules if "alert" in rule)
    kept = [rule for rule in rules if "alert" in rule or rule["record"] in read]
    return [{"name": "kept", "rules": kept}]


def quicken(groups: Iterable[Group], seconds: int) -> list[Group]:
    """Return the groups with every alert due after `seconds` at most, for a test on a live cluster."""
    quick = copy.deepcopy(list(groups))
    for rule in rules_of(quick):
        if "for" in rule:
            rule["for"] = f"{seconds}s"
    return quick


def case_files() -> list[Path]:
    """Return the files with cases; the chart is their name up to the first hyphen."""
    return sorted(CASES.glob("*.yaml"))


def chart_of(file: Path) -> str:
    """Return the chart whose rules a file tests."""
    return file.stem.partition("-")[0]


def read_cases(file: Path) -> Case:
    """Return the content of a file with cases."""
    content: Case = yaml.safe_load(file.read_text())
    return content


def looks_at(look: Case, alert: str) -> bool:
    """Return whether one look of a case is at an alert, by its name or in a query over ALERTS."""
    return look.get("alertname") == alert or f'"{alert}"' in look.get("expr", "")


def keep_looks(cases: Iterable[Case], alert: str) -> list[Case]:
    """Return the cases that look at an alert, without what else they look at."""
    kinds = ("alert_rule_test", "promql_expr_test")
    kept = [
        {**case, **{kind: [look for look in case.get(kind, ()) if looks_at(look, alert)] for kind in kinds}}
        for case in cases
    ]
    return [case for case in kept if any(case[kind] for kind in kinds)]


def write_cases(folder: Path, file: Path, groups: Iterable[Group], alert: str = "") -> Path:
    """Write rules, and the cases of a file (those of one alert, if it is named), as promtool reads them.

    Returns the path of the cases.
    """
    content = read_cases(file)
    if alert:
        groups = keep_alert(groups, alert)
        content["tests"] = keep_looks(content["tests"], alert)
        content.pop("group_eval_order", None)
    (folder / f"{chart_of(file)}.rules.yaml").write_text(yaml.safe_dump({"groups": list(groups)}))
    written = folder / file.name
    written.write_text(yaml.safe_dump(content))
    return written
