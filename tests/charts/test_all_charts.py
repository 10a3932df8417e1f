"""What holds for every chart, in every shape that it is offered in (`charts/*/ci/*-values.yaml`)."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.helm import CHARTS, Manifests, containers, pod_specs, read_chart, render, run_helm
from tests.support.kubernetes_schemas import VERSIONS, complaints
from tests.support.pod_security import violations

NAMES = sorted(path.parent.name for path in CHARTS.glob("*/Chart.yaml"))
APPLICATIONS = [name for name in NAMES if read_chart(name)["type"] == "application"]
SHAPES = [
    pytest.param(name, file, id=f"{name}-{file.name.removesuffix('-values.yaml')}")
    for name in APPLICATIONS
    for file in sorted((CHARTS / name / "ci").glob("*-values.yaml"))
]
COMMON_LABELS = {
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/name",
    "app.kubernetes.io/version",
    "helm.sh/chart",
}
MAPS_THAT_ARE_OPEN = (
    "affinity/properties/nodeAffinity",
    "affinity/properties/podAffinity",
    "affinity/properties/podAntiAffinity",
)
"""Kubernetes itself checks these."""

every_shape = pytest.mark.parametrize(("chart", "file"), SHAPES)
every_chart = pytest.mark.parametrize("chart", APPLICATIONS)


def _shape(chart: str, file: Path) -> Manifests:
    return render(chart, files=[file], release="trial")


@every_chart
def test_every_chart_has_shapes(chart: str) -> None:
    assert list((CHARTS / chart / "ci").glob("*-values.yaml"))


@every_shape
def test_lint_finds_nothing(chart: str, file: Path) -> None:
    report = run_helm("lint", str(CHARTS / chart), "--strict", "--values", str(file))
    assert [line for line in report.splitlines() if line.startswith(("[WARNING]", "[ERROR]"))] == []


@pytest.mark.parametrize("version", VERSIONS)
@every_shape
def test_every_supported_kubernetes_knows_every_field(chart: str, file: Path, version: str) -> None:
    wrong = {
        f"{item['kind']}/{item['metadata']['name']}": found
        for item in _shape(chart, file).objects
        if (found := complaints(item, version))
    }
    assert wrong == {}


@every_shape
def test_pods_meet_restricted(chart: str, file: Path) -> None:
    judged = {name: violations(pod) for name, pod in pod_specs(_shape(chart, file).objects)}
    assert {name: found for name, found in judged.items() if found} == {}


@every_shape
def test_roots_are_read_only_and_resources_are_bounded(chart: str, file: Path) -> None:
    for name, pod in pod_specs(_shape(chart, file).objects):
        for container in containers(pod):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            assert container["resources"]["limits"]["memory"], name
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, name


@every_shape
def test_no_token_is_mounted_that_is_not_asked_for(chart: str, file: Path) -> None:
    for name, pod in pod_specs(_shape(chart, file).objects):
        assert "automountServiceAccountToken" in pod["spec"], name


@every_shape
def test_no_variable_is_named_twice(chart: str, file: Path) -> None:
    for name, pod in pod_specs(_shape(chart, file).objects):
        for container in containers(pod):
            counted = Counter(variable["name"] for variable in container.get("env", []))
            assert [variable for variable, count in counted.items() if count > 1] == [], name


@every_shape
def test_every_object_has_the_common_labels_and_a_name_of_its_own(chart: str, file: Path) -> None:
    objects = _shape(chart, file).objects
    assert [item["metadata"]["name"] for item in objects if not _is_labelled(item)] == []
    counted = Counter((item["kind"], item["metadata"]["name"]) for item in objects)
    assert [name for name, count in counted.items() if count > 1] == []


def _is_labelled(item: dict[str, Any]) -> bool:
    labels: dict[str, str] = item["metadata"].get("labels", {})
    return labels.keys() >= COMMON_LABELS and labels.get("app.kubernetes.io/part-of") == "ekiben"


@every_shape
def test_every_object_says_its_namespace(chart: str, file: Path) -> None:
    cluster_wide = {"ClusterRole", "ClusterRoleBinding", "PriorityClass"}
    for item in _shape(chart, file).objects:
        if item["kind"] not in cluster_wide:
            assert item["metadata"].get("namespace") == "games", item["kind"]


@every_shape
def test_images_are_never_latest(chart: str, file: Path) -> None:
    for _, pod in pod_specs(_shape(chart, file).objects):
        for container in containers(pod):
            assert re.search(r"(@sha256:[0-9a-f]{64}|:(?!latest$)[\w.-]+)$", container["image"])


@every_shape
def test_selectors_choose_the_pods_of_their_own_object(chart: str, file: Path) -> None:
    for item in _shape(chart, file).objects:
        if item["kind"] in ("Deployment", "StatefulSet"):
            chosen = item["spec"]["selector"]["matchLabels"]
            assert chosen.items() <= item["spec"]["template"]["metadata"]["labels"].items()
            assert chosen.keys() == {"app.kubernetes.io/instance", "app.kubernetes.io/name"}


@every_chart
def test_an_unknown_value_is_refused_by_name(chart: str) -> None:
    with pytest.raises(Exception, match="noSuchValue"):
        render(chart, {"noSuchValue": 1}, files=sorted((CHARTS / chart / "ci").glob("*.yaml"))[:1])


def _schema(chart: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((CHARTS / chart / "values.schema.json").read_text())
    return content


def _open_objects(node: Any, path: str = "") -> Iterator[str]:
    if isinstance(node, list):
        for position, part in enumerate(node):
            yield from _open_objects(part, f"{path}/{position}")
    elif isinstance(node, dict):
        if node.get("type") == "object" and "additionalProperties" not in node:
            yield path
        for key, part in node.items():
            yield from _open_objects(part, f"{path}/{key}")


@every_chart
def test_every_object_in_the_schema_is_closed(chart: str) -> None:
    assert [path for path in _open_objects(_schema(chart)) if not path.endswith(MAPS_THAT_ARE_OPEN)] == []


@every_chart
def test_what_schemas_share_is_the_same_everywhere(chart: str) -> None:
    shared = json.loads((CHARTS / "common/schema-definitions.json").read_text())
    own = _schema(chart).get("definitions", {})
    assert {name: own[name] for name in own.keys() & shared.keys()} == {
        name: shared[name] for name in own.keys() & shared.keys()
    }


@every_chart
def test_values_and_schema_name_the_same_things(chart: str) -> None:
    defaults = yaml.safe_load((CHARTS / chart / "values.yaml").read_text())
    injected = {entry.get("alias", entry["name"]) for entry in read_chart(chart).get("dependencies", [])}
    assert _schema(chart)["properties"].keys() - injected == defaults.keys() - injected


@every_chart
def test_every_value_has_a_comment(chart: str) -> None:
    lines = (CHARTS / chart / "values.yaml").read_text().splitlines()
    bare = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if re.match(r"\w[\w.-]*:", line) and not line.endswith(":") and not before.startswith("#")
    ]
    assert bare == []


@pytest.mark.parametrize("chart", NAMES)
def test_chart_tells_artifact_hub_and_helm_what_it_needs(chart: str) -> None:
    about = read_chart(chart)
    assert about["annotations"].keys() >= {"artifacthub.io/changes", "artifacthub.io/license"}
    assert yaml.safe_load(about["annotations"]["artifacthub.io/changes"])
    assert about["kubeVersion"] == ">=1.31.0-0"


@every_chart
def test_artifact_hub_is_told_the_images_that_run_by_default(chart: str) -> None:
    about = read_chart(chart)
    listed = {entry["image"] for entry in yaml.safe_load(about["annotations"]["artifacthub.io/images"])}
    used = {
        container["image"].removeprefix("mirror.example.org:5000/")
        for file in (CHARTS / chart / "ci").glob("*-values.yaml")
        for _, pod in pod_specs(_shape(chart, file).objects)
        for container in containers(pod)
    }
    assert {image for image in used if "@" not in image} <= listed | {
        image.partition("/")[2] for image in listed
    }
