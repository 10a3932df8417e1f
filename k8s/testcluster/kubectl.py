"""kubectl on one cluster: it is given a kubeconfig and a context, and sees no other one."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from k8s.testcluster.addresses import CONTEXT
from k8s.testcluster.commands import run
from k8s.testcluster.errors import CommandFailed
from k8s.testcluster.paths import Paths

FIELD_MANAGER = "ekiben-testcluster"
_ANSWER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The program `binary`, which reaches the cluster `context` of the file `kubeconfig`."""

    binary: Path
    kubeconfig: Path
    context: str

    @classmethod
    def of(cls, paths: Paths) -> "Kubectl":
        """Return kubectl for the administrator of the test cluster."""
        return cls(paths.bin / "kubectl", paths.kubeconfig, CONTEXT)

    def __call__(self, *arguments: str, given: str | None = None) -> str:
        """Return what kubectl prints. Raises CommandFailed."""
        cluster = ("--kubeconfig", self.kubeconfig, "--context", self.context)
        return run(self.binary, *cluster, *arguments, given=given)

    def succeeds(self, *arguments: str) -> bool:
        """Return whether kubectl ends with 0; the server has a few seconds to answer."""
        try:
            self(*arguments, f"--request-timeout={_ANSWER_SECONDS}s")
        except CommandFailed:
            return False
        return True

    def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Create or change objects. Raises CommandFailed."""
        options = ("--server-side", "--force-conflicts", f"--field-manager={FIELD_MANAGER}")
        self("apply", *options, "--filename=-", given=yaml.safe_dump_all(documents))

    def items(self, kind: str) -> list[dict[str, Any]]:
        """Return all objects of a kind, from all namespaces. Raises CommandFailed."""
        limit = f"--request-timeout={_ANSWER_SECONDS}s"
        found = json.loads(self("get", kind, "--all-namespaces", "--output=json", limit))
        listed: list[dict[str, Any]] = found["items"]
        return listed
