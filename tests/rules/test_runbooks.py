"""`docs/runbooks.md` has one section per alert, with all that somebody who was just woken up needs."""

import re
from pathlib import Path

import pytest
import yaml

from tests.support.helm import CHARTS as CHART_FOLDER
from tests.support.metric_names import known_names, used_names
from tests.support.rules import CHARTS, all_alerts, rule_groups, rules_of

TEXT = (Path(__file__).parents[2] / "docs/runbooks.md").read_text()
SECTIONS = {
    section.partition("\n")[0].strip(): section.partition("\n")[2] for section in TEXT.split("\n## ")[1:]
}
PARTS = ("**Means.**", "**Callers notice**", "**Look first.**", "**Do.**", "**Over when**")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"\$ (kubectl|helm) ")
VALUE = re.compile(r"`alerts\.(\w+)`")
DEFAULT = re.compile(r"`alerts\.(\w+)`\s\(([\d.]+) ?(%|ms|)\)")
UNITS = {"%": 100.0, "ms": 1000.0, "": 1.0}


def blocks(section: str, language: str) -> list[str]:
    """Return the lines of all blocks of a language in a section."""
    return [
        line
        for found, text in BLOCK.findall(SECTIONS[section])
        if found == language
        for line in text.splitlines()
    ]


def recorded_names() -> set[str]:
    """Return the names of all series that the rules record."""
    rules = [rule for chart in CHARTS for rule in rules_of(rule_groups(chart))]
    return {rule["record"] for rule in rules if "record" in rule}


def test_every_alert_has_a_section_and_no_section_is_left_over() -> None:
    assert set(SECTIONS) == set(all_alerts())


@pytest.mark.parametrize("alert", SECTIONS)
def test_a_section_has_all_parts_in_order(alert: str) -> None:
    places = [SECTIONS[alert].find(part) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("alert", SECTIONS)
def test_a_section_gives_queries_that_prometheus_can_answer(alert: str) -> None:
    queries = blocks(alert, "promql")
    assert queries
    assert set().union(*(used_names(query) for query in queries)) <= known_names() | recorded_names()


@pytest.mark.parametrize("alert", SECTIONS)
def test_a_section_gives_commands(alert: str) -> None:
    commands = blocks(alert, "console")
    assert commands
    assert [line for line in commands if not COMMANDS.match(line)] == []


@pytest.mark.parametrize("alert", SECTIONS)
def test_values_that_a_section_names_are_those_of_the_chart(alert: str) -> None:
    declared = yaml.safe_load((CHART_FOLDER / all_alerts()[alert][0] / "values.yaml").read_text())["alerts"]
    assert set(VALUE.findall(SECTIONS[alert])) <= set(declared)


@pytest.mark.parametrize("alert", SECTIONS)
def test_defaults_that_a_section_tells_are_true(alert: str) -> None:
    declared = yaml.safe_load((CHART_FOLDER / all_alerts()[alert][0] / "values.yaml").read_text())["alerts"]
    for name, number, unit in DEFAULT.findall(SECTIONS[alert]):
        assert float(number) / UNITS[unit] == pytest.approx(declared[name]), name
