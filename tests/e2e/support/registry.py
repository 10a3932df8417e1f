"""The operator's commands, given as an operator gives them: `kubectl exec deploy/reconciler -- ekiben …`."""

import json
from typing import Any

from tests.e2e.support.cluster import Cluster, CommandFailed

OPERATORS = "deploy/reconciler"
COMMAND_SECONDS = 90.0


class Operator:
    """Runs `ekiben` beside the reconciler."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def run(self, *arguments: str) -> str:
        """Return what the command prints. Raises CommandFailed with its exit code."""
        return self._cluster.exec(OPERATORS, "ekiben", *arguments, within_seconds=COMMAND_SECONDS)

    def refused(self, *arguments: str) -> int:
        """Return the exit code of a command that must fail."""
        try:
            printed = self.run(*arguments)
        except CommandFailed as error:
            return error.code
        raise AssertionError(f"ekiben {' '.join(arguments)} was expected to fail, but printed: {printed}")

    def versions(self) -> list[dict[str, Any]]:
        """Return battle's versions, newest first."""
        found: list[dict[str, Any]] = json.loads(self.run("models", "battle", "--output", "json"))
        return found

    def with_alias(self, alias: str) -> str:
        """Return the version that bears the alias; empty if none does."""
        return next((str(one["version"]) for one in self.versions() if alias in one["aliases"]), "")
