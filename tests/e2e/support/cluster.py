"""kubectl and Helm on the one cluster that was chosen.

Both see only a kubeconfig of our own that holds this one context, with the tests' namespace set in it, so no
command here, nor any from the handbook, can reach another cluster.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "build/e2e"
COMMAND_SECONDS = 120.0


class CommandFailed(RuntimeError):
    """A command ended with another code than 0."""

    def __init__(self, command: Sequence[str], code: int, output: str, errors: str) -> None:
        super().__init__(f"{' '.join(command)[:400]} ended with {code}: {errors.strip() or output.strip()}")
        self.code = code
        self.output = output
        self.errors = errors


class Cluster:
    """Commands run in `namespace` unless they name another one."""

    def __init__(self, kubeconfig: Path, context: str, namespace: str, tools: Path | None) -> None:
        BUILD.mkdir(parents=True, exist_ok=True)
        self.root = ROOT
        self.context = context
        self.namespace = namespace
        self.kubeconfig = BUILD / "kubeconfig"
        path = os.environ["PATH"] if tools is None else f"{tools}{os.pathsep}{os.environ['PATH']}"
        self._base = {"PATH": path, "HOME": os.environ.get("HOME", "/")}
        self._extract(kubeconfig)
        self.environment = {**os.environ, "PATH": path, "KUBECONFIG": str(self.kubeconfig)}

    def _extract(self, source: Path) -> None:
        command = ["kubectl", "config", "view", "--minify", "--flatten", "--context", self.context]
        shown = subprocess.run(
            [*command, "--output", "json"],
            env={**self._base, "KUBECONFIG": str(source)},
            check=True,
            capture_output=True,
            text=True,
        )
        config = json.loads(shown.stdout)
        config["contexts"][0]["context"]["namespace"] = self.namespace
        config["current-context"] = self.context
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(json.dumps(config))

    def run(
        self,
        *command: str,
        stdin: str | None = None,
        within_seconds: float = COMMAND_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Return what the command prints. Raises CommandFailed, also when it takes too long."""
        try:
            done = subprocess.run(
                command,
                check=False,
                env={**self.environment, **(environment or {})},
                input=stdin,
                capture_output=True,
                text=True,
                timeout=within_seconds,
                cwd=ROOT,
            )
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(command, -1, "", f"not done after {within_seconds:g} s") from error
        if done.returncode != 0:
            raise CommandFailed(command, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def kubectl(
        self, *arguments: str, stdin: str | None = None, within_seconds: float = COMMAND_SECONDS
    ) -> str:
        """Return what kubectl prints."""
        return self.run("kubectl", *arguments, stdin=stdin, within_seconds=within_seconds)

    def get(self, *arguments: str) -> Any:
        """Return an object, or a list object, as JSON. Raises CommandFailed if there is none."""
        return json.loads(self.kubectl("get", *arguments, "--output", "json"))

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the objects of a list."""
        found: list[dict[str, Any]] = self.get(*arguments)["items"]
        return found

    def raw(self, path: str) -> str:
        """Return what the API server answers at this path; services are reached through its proxy."""
        return self.kubectl("get", "--raw", path)

    def exists(self, *arguments: str) -> bool:
        """Return whether there is such an object."""
        return bool(self.kubectl("get", *arguments, "--ignore-not-found", "--output", "name").strip())

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Create or change objects."""
        self.kubectl("apply", "--filename", "-", stdin=yaml.safe_dump_all(objects))

    def exec(
        self, pod: str, *command: str, namespace: str = "", within_seconds: float = COMMAND_SECONDS
    ) -> str:
        """Run a command in a pod (`name`, or `deploy/name` for one of its pods) and return what it prints."""
        inside = ("--namespace", namespace or self.namespace)
        return self.kubectl("exec", *inside, pod, "--", *command, within_seconds=within_seconds)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command with pipes to it; its errors go to ours."""
        return subprocess.Popen(
            command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def helm(self, *arguments: str, within_seconds: float = 300.0) -> str:
        """Return what Helm prints."""
        return self.run("helm", *arguments, within_seconds=within_seconds)

    def delete_namespace(self, name: str) -> None:
        """Delete a namespace with all that is in it, and wait until it is gone."""
        self.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout=150s", within_seconds=160)
