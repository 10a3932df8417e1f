"""Charts, rendered by the real Helm; each combination of values once in a test run."""

import functools
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.helm_binary import find_helm

ROOT = Path(__file__).parents[2]
CHARTS = ROOT / "charts"

Object = dict[str, Any]
"""One Kubernetes object, as its YAML says it."""


class HelmRefused(Exception):
    """Helm would not render a chart; the message is its own."""


@dataclass(frozen=True)
class Manifests:
    """What a chart renders."""

    objects: tuple[Object, ...]

    def of(self, kind: str) -> list[Object]:
        """Return the objects of a kind."""
        return [found for found in self.objects if found["kind"] == kind]

    def one(self, kind: str, name: str = "") -> Object:
        """Return the only object of a kind, or the one of that name. Raises AssertionError."""
        found = [item for item in self.of(kind) if name in ("", item["metadata"]["name"])]
        assert len(found) == 1, f"{len(found)} objects of kind {kind} {name}"
        return found[0]

    def kinds(self) -> list[str]:
        """Return the kinds of all objects, sorted."""
        return sorted(found["kind"] for found in self.objects)


def run_helm(*arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> str:
    """Run Helm and return what it prints on stdout. Raises HelmRefused."""
    command = [str(find_helm()), *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    if done.returncode:
        raise HelmRefused(done.stderr)
    return done.stdout


def render(
    chart: str,
    values: Mapping[str, Any] | None = None,
    *,
    files: Sequence[Path] = (),
    release: str = "battle",
    namespace: str = "games",
) -> Manifests:
    """Render charts/<chart> with values files and, over them, values. Raises HelmRefused."""
    return _render(chart, json.dumps(values or {}, sort_keys=True), tuple(files), release, namespace)


@functools.cache
def _render(chart: str, values: str, files: tuple[Path, ...], release: str, namespace: str) -> Manifests:
    chosen = [argument for file in files for argument in ("--values", str(file))]
    text = run_helm(
        *("template", release, str(CHARTS / chart), "--namespace", namespace, *chosen, "--values", "-"),
        stdin=values,
    )
    return Manifests(tuple(found for found in yaml.safe_load_all(text) if found))


def notes(chart: str, values: Mapping[str, Any] | None = None, release: str = "battle") -> str:
    """Return what Helm tells a user after an installation; no cluster is asked. Raises HelmRefused."""
    arguments = ("install", release, str(CHARTS / chart), "--dry-run=client", "--namespace", "games")
    text = run_helm(*arguments, "--values", "-", stdin=json.dumps(values or {}))
    return text.partition("NOTES:\n")[2]


def read_chart(chart: str) -> Object:
    """Return Chart.yaml of charts/<chart>."""
    content: Object = yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text())
    return content


def pod_specs(objects: Sequence[Object]) -> list[tuple[str, Object]]:
    """Return kind/name and pod template (or pod) of every object that makes pods."""
    found = []
    for item in objects:
        template = _template(item)
        if template is not None:
            found.append((f"{item['kind']}/{item['metadata']['name']}", template))
    return found


def _template(item: Object) -> Object | None:
    match item["kind"]:
        case "Pod":
            return item
        case "CronJob":
            inner: Object = item["spec"]["jobTemplate"]["spec"]["template"]
            return inner
        case "Deployment" | "StatefulSet" | "DaemonSet" | "Job":
            template: Object = item["spec"]["template"]
            return template
    return None


def containers(pod: Object) -> list[Object]:
    """Return the containers of a pod, those that run before the others included."""
    spec = pod["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]
