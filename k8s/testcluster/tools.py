"""Tools built from Go modules once, pinned by the `go.mod` and `go.sum` of their group in `tools/`."""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from k8s.testcluster.commands import run, step
from k8s.testcluster.errors import MachineUnsuitable, UnknownName
from k8s.testcluster.paths import SOURCE, Paths

MODULES = SOURCE / "tools"
_KUBERNETES = "kubernetes"
_KUBERNETES_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True, slots=True)
class Tool:
    """One program. `version_variable` is the Go variable that holds what it says its version is."""

    binary: str
    group: str
    module: str
    package: str
    version_variable: str = ""

    @property
    def version(self) -> str:
        """Return the version that the group's `go.mod` pins."""
        text = (MODULES / self.group / "go.mod").read_text()
        found = re.search(rf"^(?:require)?\s+{re.escape(self.module)} (v\S+)", text, re.MULTILINE)
        if not found:
            raise UnknownName("module", self.module, [f"those in {MODULES / self.group / 'go.mod'}"])
        return found[1]

    def path(self, paths: Paths) -> Path:
        """Return where the built program is."""
        return paths.builds / f"{self.binary}-{self.version}"

    @property
    def linker_flags(self) -> str:
        """Return flags that leave debug symbols out and put the version in."""
        values = {self.version_variable: self.version} if self.version_variable else {}
        if self.group == _KUBERNETES:
            major, minor, _ = self.version.removeprefix("v").split(".")
            values |= {f"{_KUBERNETES_VERSION}.gitMajor": major, f"{_KUBERNETES_VERSION}.gitMinor": minor}
        return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in values.items())])


def _kubernetes(binary: str) -> Tool:
    return Tool(
        binary,
        _KUBERNETES,
        "k8s.io/kubernetes",
        f"k8s.io/kubernetes/cmd/{binary}",
        f"{_KUBERNETES_VERSION}.gitVersion",
    )


def _keda(binary: str, command: str) -> Tool:
    module = "github.com/kedacore/keda/v2"
    return Tool(binary, "keda", module, f"{module}/cmd/{command}", f"{module}/version.Version")


def _check(binary: str, module: str, package: str = "", variable: str = "main.version") -> Tool:
    return Tool(binary, "checks", module, package or f"{module}/cmd/{binary}", variable)


TOOLS = (
    _kubernetes("kubectl"),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubelet"),
    _kubernetes("kube-proxy"),
    Tool("coredns", "coredns", "github.com/coredns/coredns", "github.com/coredns/coredns"),
    Tool(
        "metrics-server",
        "metrics-server",
        "sigs.k8s.io/metrics-server",
        "sigs.k8s.io/metrics-server/cmd/metrics-server",
    ),
    Tool(
        "prometheus",
        "prometheus",
        "github.com/prometheus/prometheus",
        "github.com/prometheus/prometheus/cmd/prometheus",
        "github.com/prometheus/common/version.Version",
    ),
    _keda("keda-operator", "operator"),
    _keda("keda-adapter", "adapter"),
    Tool(
        "helm",
        "helm",
        "helm.sh/helm/v4",
        "helm.sh/helm/v4/cmd/helm",
        "helm.sh/helm/v4/internal/version.version",
    ),
    Tool(
        "helm3",
        "helm3",
        "helm.sh/helm/v3",
        "helm.sh/helm/v3/cmd/helm",
        "helm.sh/helm/v3/internal/version.version",
    ),
    Tool(
        "kwok", "kwok", "sigs.k8s.io/kwok", "sigs.k8s.io/kwok/cmd/kwok", "sigs.k8s.io/kwok/pkg/consts.Version"
    ),
    _check("helm-docs", "github.com/norwoodj/helm-docs"),
    _check("kube-score", "github.com/zegl/kube-score"),
    _check("kubeconform", "github.com/yannh/kubeconform"),
    _check("actionlint", "github.com/rhysd/actionlint", variable="github.com/rhysd/actionlint.version"),
)

CLUSTER_GROUPS = ("kubernetes", "coredns", "metrics-server", "prometheus", "keda", "helm")
"""What a running cluster needs, and what installs charts on it."""


def select(names: Iterable[str]) -> list[Tool]:
    """Return the tools that are called, or whose group is called, one of `names`. Raises UnknownName."""
    wanted = list(names)
    known = {name for tool in TOOLS for name in (tool.binary, tool.group)}
    for name in wanted:
        if name not in known:
            raise UnknownName("tool", name, sorted(known))
    return [tool for tool in TOOLS if tool.binary in wanted or tool.group in wanted]


def build(paths: Paths, tools: Iterable[Tool]) -> list[Tool]:
    """Build what the cache does not have yet, link everything into `bin`, and return what was built."""
    wanted = list(tools)
    missing = [tool for tool in wanted if not tool.path(paths).exists()]
    for number, tool in enumerate(missing, start=1):
        with step(f"built {tool.binary} {tool.version} ({number} of {len(missing)})"):
            _compile(paths, tool)
    for tool in wanted:
        _link(paths, tool)
    return missing


def _compile(paths: Paths, tool: Tool) -> None:
    """Build into a file beside the final one: a build that is interrupted leaves nothing half made."""
    if not shutil.which("go"):
        raise MachineUnsuitable("there is no Go toolchain", "Install Go, see https://go.dev/dl.")
    paths.builds.mkdir(parents=True, exist_ok=True)
    final = tool.path(paths)
    unfinished = final.with_name(f".{final.name}.{os.getpid()}")
    command = ("go", "build", "-trimpath", "-ldflags", tool.linker_flags, "-o", unfinished, tool.package)
    run("nice", "-n", "5", *command, environment={"CGO_ENABLED": "0"}, folder=MODULES / tool.group)
    unfinished.rename(final)


def _link(paths: Paths, tool: Tool) -> None:
    """Point `bin/<name>` at the version that is wanted."""
    paths.bin.mkdir(parents=True, exist_ok=True)
    link = paths.bin / tool.binary
    target = os.path.relpath(tool.path(paths), paths.bin)
    if not link.is_symlink() or str(link.readlink()) != target:
        fresh = link.with_name(f".{link.name}.{os.getpid()}")
        fresh.symlink_to(target)
        fresh.replace(link)


def module_folder(tool: Tool) -> Path:
    """Return where Go keeps the source of the module that `tool` is built from."""
    return Path(run("go", "list", "-m", "-f", "{{.Dir}}", tool.module, folder=MODULES / tool.group).strip())
