"""`python -m k8s.deploy`: install or upgrade the platform with Helm, or take it back to an earlier revision.

The context is always named by whoever calls; the one that happens to be current is never used.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
CHART = ROOT / "charts" / "platform"
VALUES = ROOT / "k8s" / "values"
RELEASE = "ekiben"
IMAGES = ("battle", "training", "mlflow")
"""Parts of the platform that run an image of ours; each is called like its image."""

KUBECONFIG_CONTENT = "KUBECONFIG_CONTENT"
"""Environment variable with a whole kubeconfig, for pipelines that keep it as a secret."""

TIMEOUT = "10m"
"""Longest wait for everything to become ready before Helm takes an upgrade back."""


def environments() -> list[str]:
    """Return the names of the environments that have a values file."""
    return sorted(path.stem for path in VALUES.glob("*.yaml"))


def upgrade_command(helm: str, options: argparse.Namespace, version: str) -> list[str]:
    """Return the command that installs or upgrades, and goes back by itself if something does not get ready.

    `version` is Helm's own, such as `v4.3.1`: the option is called differently since 4.
    """
    going_back = "--rollback-on-failure" if _major(version) >= 4 else "--atomic"
    command = [helm, "upgrade", "--install", RELEASE, str(CHART), going_back, "--timeout", TIMEOUT]
    command += ["--values", str(VALUES / f"{options.environment}.yaml")]
    for image in IMAGES:
        if options.repository:
            command += ["--set", f"{image}.image.repository={options.repository}/{image}"]
        if options.tag:
            command += ["--set", f"{image}.image.tag={options.tag}"]
    return [*command, *_where(options), *options.helm_arguments]


def rollback_command(helm: str, options: argparse.Namespace) -> list[str]:
    """Return the command that restores an earlier revision; 0 is the one before."""
    command = [helm, "rollback", RELEASE, str(options.revision), "--wait", "--timeout", TIMEOUT]
    return [*command, *_where(options), *options.helm_arguments]


@contextmanager
def kubeconfig() -> Iterator[dict[str, str]]:
    """Give the environment for Helm; a kubeconfig that came as text lies in a private file meanwhile."""
    content = os.environ.get(KUBECONFIG_CONTENT)
    if not content:
        yield dict(os.environ)
        return
    with TemporaryDirectory(prefix="ekiben-kubeconfig-") as folder:
        path = Path(folder, "config")
        path.touch(mode=0o600)
        path.write_text(content)
        without = {name: value for name, value in os.environ.items() if name != KUBECONFIG_CONTENT}
        yield {**without, "KUBECONFIG": str(path)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return Helm's exit code, or 2 if something is missing before it is called."""
    parser = _parser()
    options, further = parser.parse_known_args(arguments)
    options.helm_arguments = further
    helm = shutil.which("helm")
    if helm is None:
        sys.stderr.write("helm is not on PATH; version 3 or 4 will do.\n")
        return 2
    if options.command == "rollback":
        command = rollback_command(helm, options)
    else:
        command = upgrade_command(helm, options, _output([helm, "version", "--template", "{{.Version}}"]))
    with kubeconfig() as environment:
        return subprocess.run(command, env=environment, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m k8s.deploy", description=__doc__, epilog="Further arguments go to Helm as they are."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    upgrade = commands.add_parser("upgrade", help="install, or upgrade and wait; a failure is taken back")
    upgrade.add_argument("--environment", required=True, choices=environments(), help="values file to use")
    upgrade.add_argument("--tag", default="", help="tag of the images; the chart's own without it")
    upgrade.add_argument("--repository", default="", help="where the images lie, such as registry/ekiben")
    rollback = commands.add_parser("rollback", help="restore an earlier revision of the release")
    rollback.add_argument("--revision", type=int, default=0, help="0, the default, is the one before")
    for command in (upgrade, rollback):
        command.add_argument("--context", required=True, help="context of the kubeconfig")
        command.add_argument("--namespace", default=RELEASE, help=f"default: {RELEASE}")
    return parser


def _where(options: argparse.Namespace) -> list[str]:
    return ["--kube-context", options.context, "--namespace", options.namespace]


def _major(version: str) -> int:
    return int(version.lstrip("v").partition(".")[0])


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
