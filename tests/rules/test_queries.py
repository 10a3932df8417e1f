"""Rules and dashboards ask for metrics that exist, in PromQL that Prometheus takes."""

from pathlib import Path

import pytest
import yaml

from k8s.dashboards.__main__ import CHARTS, DASHBOARDS, encode
from tests.support.dashboards import dashboard_files, panel_queries, read_dashboard, substitute
from tests.support.helm import render
from tests.support.metric_names import known_names, used_names
from tests.support.monitoring_tools import run
from tests.support.rules import CHARTS as WITH_RULES
from tests.support.rules import rule_groups, rules_of

QUERIES = list(panel_queries())


def ask_promtool(folder: Path, expressions: list[str]) -> int:
    """Return promtool's verdict on expressions, which it only looks at in rules."""
    rules = [{"record": f"query:{index}", "expr": each} for index, each in enumerate(expressions)]
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    return run("promtool", "check", "rules", "--lint=none", file).returncode


@pytest.mark.parametrize("chart", WITH_RULES)
def test_rules_use_metrics_that_exist(chart: str) -> None:
    rules = rules_of(rule_groups(chart))
    recorded = {rule["record"] for rule in rules if "record" in rule}
    used = set().union(*(used_names(rule["expr"]) for rule in rules))
    assert used - recorded - known_names() == set()
    assert used


@pytest.mark.parametrize("file", dashboard_files(), ids=lambda file: file.stem)
def test_dashboards_use_metrics_that_exist(file: Path) -> None:
    asked = [query for query in QUERIES if query.dashboard == file.stem]
    assert {
        (query.panel, name) for query in asked for name in used_names(query.expression) - known_names()
    } == set()
    assert len(asked) > 5


def test_prometheus_takes_every_query(tmp_path: Path) -> None:
    assert ask_promtool(tmp_path, [query.expression for query in QUERIES]) == 0


@pytest.mark.parametrize("expression", ["sum(", "rate(up)", "up{job=$job}"])
def test_what_is_no_query_is_found(expression: str, tmp_path: Path) -> None:
    assert ask_promtool(tmp_path, [expression]) != 0


def test_an_unknown_metric_is_found() -> None:
    assert used_names("sum(rate(ekiben_request_total[5m])) / up") - known_names() == {"ekiben_request_total"}


@pytest.mark.parametrize("file", dashboard_files(), ids=lambda file: file.stem)
def test_every_variable_is_replaced_and_declared(file: Path) -> None:
    content = read_dashboard(file)
    declared = {variable["name"]: "X" for variable in content["templating"]["list"]}
    for panel in content["panels"]:
        for target in panel.get("targets", ()):
            assert "$" not in substitute(target["expr"], declared)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboards_are_what_is_generated(name: str) -> None:
    assert (CHARTS / name).read_text() == encode(DASHBOARDS[name]()), "run `python -m k8s.dashboards`"


def test_every_dashboard_is_generated() -> None:
    assert {str(file.relative_to(CHARTS)) for file in dashboard_files()} == set(DASHBOARDS)


@pytest.mark.parametrize("file", dashboard_files(), ids=lambda file: file.stem)
def test_panels_explain_themselves_and_can_be_linked_to(file: Path) -> None:
    panels = read_dashboard(file)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    shown = [panel for panel in panels if panel["type"] != "row"]
    assert [panel["title"] for panel in shown if not panel.get("description") or not panel["targets"]] == []


def test_the_chart_gives_grafana_the_dashboards_as_they_are() -> None:
    values = {"auth": {"existingSecret": "keys"}, "dashboards": {"enabled": True}}
    found = next(
        item for item in render("inference", values).of("ConfigMap") if "service.json" in item["data"]
    )
    file = CHARTS / "inference/files/dashboards/service.json"
    assert found["data"]["service.json"] == file.read_text().strip()
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
