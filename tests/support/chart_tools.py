"""The tools that judge charts beside Helm 4: Helm 3, helm-docs and kube-score, built once, and checkov.

`python -m tests.support.chart_tools` writes the READMEs of all charts anew.
"""

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.helm import CHARTS
from tests.support.helm_binary import cache_folder, find_uv

MODULES = {
    "helm3": ("helm.sh/helm/v3/cmd/helm", "v3.22.0"),
    "helm-docs": ("github.com/norwoodj/helm-docs/cmd/helm-docs", "v1.14.2"),
    "kube-score": ("github.com/zegl/kube-score/cmd/kube-score", "v1.20.0"),
}
"""Go modules, by the name of the command."""

CHECKOV = "checkov==3.3.30"
EXCEPTIONS = CHARTS / "exceptions.yaml"
OLDEST_KUBERNETES = "v1.31"
GRADE_OF_NO_COMPLAINT = 10


class ToolMissing(Exception):
    """A tool is not there and could not be made."""


@dataclass(frozen=True)
class Finding:
    """What a tool complains of."""

    tool: str
    check: str
    where: str
    """`chart Kind/name`."""


@dataclass(frozen=True)
class Rendered:
    """One shape of a chart, in a file of its own."""

    chart: str
    file: Path


@functools.cache
def find_go_tool(name: str) -> Path:
    """Return the path of a tool, built into the cache if need be. Raises ToolMissing."""
    module, version = MODULES[name]
    built = cache_folder() / "chart-tools" / f"{name}-{version}" / name
    beside_cluster = cache_folder() / "testcluster/bin" / name
    if beside_cluster.is_file():
        return beside_cluster
    if not built.is_file():
        _build(f"{module}@{version}", built)
    return built


def _build(target: str, built: Path) -> None:
    if shutil.which("go") is None:
        raise ToolMissing(f"{built.name} is built with Go, which is not on PATH.")
    environment = {**os.environ, "GOBIN": str(built.parent), "CGO_ENABLED": "0"}
    command = ["go", "install", "-trimpath", "-ldflags", "-s -w", target]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolMissing(f"{target} could not be built: {done.stderr.strip()}")
    installed = built.parent / target.partition("@")[0].rpartition("/")[2]
    installed.replace(built)


def run_tool(path: str | Path, *arguments: str | Path) -> str:
    """Run a tool and return what it prints on stdout, whatever its exit code says."""
    command = [str(path), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def readme(chart: str) -> str:
    """Return what the README of a chart should be. Raises ToolMissing."""
    options = ("--dry-run", "--log-level", "error", "--chart-search-root")
    return run_tool(find_go_tool("helm-docs"), *options, CHARTS / chart)


def score(rendered: Rendered) -> list[Finding]:
    """Return what kube-score complains of. Raises ToolMissing."""
    options = ("--kubernetes-version", OLDEST_KUBERNETES, "--output-format", "json")
    report = run_tool(find_go_tool("kube-score"), "score", rendered.file, *options)
    return [
        Finding("kube-score", entry["check"]["id"], _where(rendered.chart, judged))
        for judged in json.loads(report)
        for entry in judged["checks"]
        if not entry["skipped"] and entry["grade"] < GRADE_OF_NO_COMPLAINT
    ]


def _where(chart: str, judged: dict[str, Any]) -> str:
    return f"{chart} {judged['type_meta']['kind']}/{judged['object_meta']['name']}"


def scan(shapes: Sequence[Rendered]) -> list[Finding]:
    """Return what checkov complains of; the files are in one folder. Nothing is asked of any service."""
    charts = {shape.file.name: shape.chart for shape in shapes}
    checkov = ("tool", "run", "--quiet", "--from", CHECKOV, "checkov", "--framework", "kubernetes")
    options = ("--compact", "--quiet", "--skip-download", "--output", "json")
    report = run_tool(find_uv(), *checkov, "--directory", shapes[0].file.parent, *options)
    failed = json.loads(report)["results"]["failed_checks"]
    return [
        Finding("checkov", entry["check_id"], f"{charts[Path(entry['file_path']).name]} {_object(entry)}")
        for entry in failed
    ]


def _object(entry: dict[str, Any]) -> str:
    # `Deployment.games.battle`; a pod template is written behind the name of its owner.
    kind, _, name = str(entry["resource"]).split(".")[:3]
    return f"{kind}/{name}"


def read_exceptions(tool: str) -> list[dict[str, str]]:
    """Return the exceptions that are made for a tool."""
    found: Iterable[dict[str, str]] = yaml.safe_load(EXCEPTIONS.read_text())
    return [exception for exception in found if exception["tool"] == tool]


def write_readmes() -> None:
    """Write the README of every chart."""
    for file in CHARTS.glob("*/Chart.yaml"):
        file.with_name("README.md").write_text(readme(file.parent.name))


if __name__ == "__main__":
    write_readmes()
