"""What other tools say about the charts. `make charts` runs this; `make test` does without the tools."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from tests.support.chart_tools import (
    Finding,
    Rendered,
    find_go_tool,
    read_exceptions,
    readme,
    run_tool,
    scan,
    score,
)
from tests.support.helm import CHARTS, render, run_helm

NAMES = sorted(path.parent.name for path in CHARTS.glob("*/Chart.yaml"))
SHAPES = sorted(CHARTS.glob("*/ci/*-values.yaml"))


def _unexplained(tool: str, findings: Iterable[Finding]) -> tuple[set[Finding], list[dict[str, str]]]:
    """Return the findings without an exception, and the exceptions without a finding."""
    found, exceptions = set(findings), read_exceptions(tool)

    def covers(exception: dict[str, str], finding: Finding) -> bool:
        return exception["check"] == finding.check and bool(re.fullmatch(exception["where"], finding.where))

    bare = {finding for finding in found if not any(covers(entry, finding) for entry in exceptions)}
    idle = [entry for entry in exceptions if not any(covers(entry, finding) for finding in found)]
    return bare, idle


def test_kube_score_has_nothing_to_say_that_is_not_explained(shapes: list[Rendered]) -> None:
    findings = [finding for shape in shapes for finding in score(shape)]
    assert _unexplained("kube-score", findings) == (set(), [])


def test_checkov_has_nothing_to_say_that_is_not_explained(shapes: list[Rendered]) -> None:
    assert _unexplained("checkov", scan(shapes)) == (set(), [])


@pytest.mark.parametrize("tool", ["kube-score", "checkov"])
def test_every_exception_has_a_reason(tool: str) -> None:
    assert all(len(exception["reason"].split()) >= 4 for exception in read_exceptions(tool))


@pytest.mark.parametrize("chart", NAMES)
def test_readme_is_what_helm_docs_makes_of_the_values(chart: str) -> None:
    assert (CHARTS / chart / "README.md").read_text() == readme(chart)


@pytest.mark.parametrize("values", SHAPES, ids=[f"{path.parts[-3]}-{path.stem}" for path in SHAPES])
def test_helm_3_renders_the_same_as_helm_4(values: Path) -> None:
    chart = values.parent.parent
    # A Helm that is built without its own scripts takes the cluster for a very old one.
    options = ("--namespace", "games", "--kube-version", "1.31.0", "--values", values)
    text = run_tool(find_go_tool("helm3"), "template", "trial", chart, *options)
    objects = [found for found in yaml.safe_load_all(text) if found]
    expected = render(chart.name, files=[values], release="trial").objects
    assert sorted(map(json.dumps, objects)) == sorted(map(json.dumps, expected))


@pytest.mark.parametrize("values", SHAPES, ids=[f"{path.parts[-3]}-{path.stem}" for path in SHAPES])
def test_helm_3_finds_nothing_to_warn_of(values: Path) -> None:
    chart = values.parent.parent
    report = run_tool(find_go_tool("helm3"), "lint", chart, "--strict", "--values", values)
    assert "1 chart(s) linted, 0 chart(s) failed" in report
    assert "[WARNING]" not in report


@pytest.mark.parametrize("chart", NAMES)
def test_a_packaged_chart_is_whole_without_links(chart: str, tmp_path: Path) -> None:
    run_helm("package", str(CHARTS / chart), "--destination", str(tmp_path))
    (archive,) = tmp_path.glob("*.tgz")
    values = sorted((CHARTS / chart / "ci").glob("*-values.yaml"))[:1]
    for file in values:
        text = run_helm("template", "trial", str(archive), "--namespace", "games", "--values", str(file))
        objects = [found for found in yaml.safe_load_all(text) if found]
        assert objects == list(render(chart, files=[file], release="trial").objects)
