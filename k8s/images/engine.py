"""The Docker engine, through the client that is on PATH; DOCKER_HOST says where the engine listens."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bentos.core.errors import EkibenError

PASSED_ON = ("PIP_INDEX_URL", "NPM_CONFIG_REGISTRY", "PYTHON_IMAGE")
"""Environment variables that become build arguments: mirrors of packages, and of the base image. Proxies are
passed on too; Docker knows these and keeps them out of the image."""

NETWORK = "BUILD_NETWORK"
"""Environment variable with a build's network, such as `host`. Unset: the engine's own, if it has any."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "ALL_PROXY")
_FIRST_WITHOUT_BUILTIN_BUILDKIT = 23
_DEFAULT_BASE = re.compile(r"^ARG PYTHON_IMAGE=(\S+)$", re.MULTILINE)


class EngineFailed(EkibenError):
    """Docker refused, or there is none."""

    exit_code = 5

    def __init__(self, command: Sequence[str], output: str) -> None:
        reason = "\n".join(output.strip().splitlines()[-20:]) or "it said nothing"
        super().__init__(f"`{' '.join(command[:2])}` failed: {reason}")


class Engine:
    """Builds, measures, saves and pushes images."""

    def __init__(self, client: str | None = None) -> None:
        """Take the client `client`, or the one on PATH. Raises EngineFailed if there is none."""
        found = client or shutil.which("docker")
        if found is None:
            raise EngineFailed(["docker"], "there is no Docker client on PATH.")
        self._client = found

    def build(self, folder: Path, dockerfile: Path, reference: str, arguments: Mapping[str, str]) -> None:
        """Build the image `reference` from the context `folder`. Raises EngineFailed."""
        command = ["build", "--tag", reference, "--file", str(dockerfile)]
        for name, value in {**passed_on(os.environ), **arguments}.items():
            command += ["--build-arg", f"{name}={value}"]
        network = os.environ.get(NETWORK) or ("" if self._has_bridge() else "host")
        if network:
            command.append(f"--network={network}")
        self._run([*command, str(folder)], {"DOCKER_BUILDKIT": "1" if self._has_buildkit() else "0"})

    def size_bytes(self, reference: str) -> int:
        """Return the size of all layers, uncompressed."""
        return int(self._run(["image", "inspect", "--format", "{{.Size}}", reference]))

    def digest(self, reference: str) -> str:
        """Return `repository@sha256:…` as the registry knows it, once it was pushed."""
        listed = self._run(["image", "inspect", "--format", "{{json .RepoDigests}}", reference])
        digests: list[str] = json.loads(listed) or []
        repository = reference.rpartition(":")[0].removeprefix("docker.io/")
        for digest in digests:
            if digest.removeprefix("docker.io/").partition("@")[0] == repository:
                return digest
        raise EngineFailed(["image", "inspect"], f"{reference} was never pushed.")

    def save(self, reference: str, archive: Path) -> None:
        """Write the image to a tar archive."""
        self._run(["save", "--output", str(archive), reference])

    def push(self, reference: str) -> None:
        """Push the image; who is allowed to was settled by `docker login`."""
        self._run(["push", reference])

    def login(self, registry: str, user: str, token: str) -> None:
        """Log in to the registry's host."""
        host = registry.partition("/")[0]
        self._run(["login", "--username", user, "--password-stdin", host], content=token)

    def _has_bridge(self) -> bool:
        """Say whether builds have a network of their own; an engine can be set up without one."""
        return self._call(["network", "inspect", "bridge"]).returncode == 0

    def _has_buildkit(self) -> bool:
        if self._call(["buildx", "version"]).returncode == 0:
            return True
        version = self._run(["version", "--format", "{{.Client.Version}}"])
        return int(version.partition(".")[0]) < _FIRST_WITHOUT_BUILTIN_BUILDKIT

    def _run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
        content: str | None = None,
    ) -> str:
        done = self._call(arguments, environment, content)
        if done.returncode:
            raise EngineFailed(["docker", *arguments], done.stdout + done.stderr)
        return done.stdout.strip()

    def _call(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
        content: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._client, *arguments],
            env={**os.environ, **(environment or {})},
            input=content,
            capture_output=True,
            text=True,
            check=False,
        )


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the build arguments that the environment gives, such as proxies, by name."""
    names = [*PASSED_ON, *_PROXIES, *(name.lower() for name in _PROXIES)]
    return {name: environment[name] for name in names if environment.get(name)}


def base_image(dockerfile: str, environment: Mapping[str, str]) -> str:
    """Return the name of the image that a Dockerfile builds upon.

    Raises EngineFailed if it has no `ARG PYTHON_IMAGE`.
    """
    found = _DEFAULT_BASE.search(dockerfile)
    if found is None:
        raise EngineFailed(["docker", "build"], "the Dockerfile does not say upon which image it builds.")
    return environment.get("PYTHON_IMAGE") or found.group(1)
