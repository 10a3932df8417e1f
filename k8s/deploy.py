"""`python -m k8s.deploy`: install or upgrade the platform, take it back, train once, ask for a prediction.

The context is always named by whoever calls; the one that happens to be current is never used.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from k8s.reaching import reaching

ROOT = Path(__file__).parents[1]
CHART = ROOT / "charts" / "platform"
VALUES = ROOT / "k8s" / "values"
RELEASE = "ekiben"
IMAGES = {
    "battle": "battle",
    "analyst": "analyst",
    "analystData": "analyst",
    "analystData.llm": "llm",
    "training": "training",
    "mlflow": "mlflow",
}
"""Values of the platform that have an `image` of ours, and which one."""

TIMEOUT = "10m"
"""Longest wait for everything to become ready before Helm takes an upgrade back."""


TRAINING_TIMEOUT = "30m"


def environments() -> list[str]:
    """Return the names of the environments that have a values file."""
    return sorted(path.stem for path in VALUES.glob("*.yaml"))


def upgrade_command(options: argparse.Namespace, version: str, *, first: bool) -> list[str]:
    """Return the command that installs or upgrades, and goes back by itself if something does not get ready.

    `version` is Helm's own, such as `v4.3.1`: the option is called differently since 4. A first install has
    nothing to go back to, and waits for nothing: services may be waiting for their first champion.
    """
    going_back = "--rollback-on-failure" if _major(version) >= 4 else "--atomic"
    command = ["helm", "upgrade", "--install", RELEASE, str(CHART)]
    command += [] if first else [going_back, "--timeout", TIMEOUT]
    command += ["--values", str(VALUES / f"{options.environment}.yaml")]
    for part, image in IMAGES.items():
        if options.repository:
            command += ["--set", f"{part}.image.repository={options.repository}/{image}"]
        if options.tag:
            command += ["--set", f"{part}.image.tag={options.tag}"]
    return [*command, *_where(options), *options.further]


def rollback_command(options: argparse.Namespace) -> list[str]:
    """Return the command that restores an earlier revision; 0 is the one before."""
    command = ["helm", "rollback", RELEASE, str(options.revision), "--wait", "--timeout", TIMEOUT]
    return [*command, *_where(options), *options.further]


def train_commands(options: argparse.Namespace) -> list[list[str]]:
    """Return the commands that start the training CronJob once, wait for it, and for what follows from it."""
    kubectl = ["kubectl", "--context", options.context, "--namespace", options.namespace]
    job = f"train-{int(time.time())}"
    return [
        [*kubectl, "create", "job", job, "--from", f"cronjob/training-{options.model}"],
        [*kubectl, "wait", "--for", "condition=complete", f"job/{job}", "--timeout", TRAINING_TIMEOUT],
        [*kubectl, "logs", f"job/{job}", "--tail", "20"],
        [*kubectl, "rollout", "status", f"deployment/{options.model}", "--timeout", TIMEOUT],
    ]


def ask_command(options: argparse.Namespace) -> list[str]:
    """Return the command that asks the service for a prediction, from a pod beside it."""
    filters = ["--filter", f"name={options.model}-test", "--logs"]
    return ["helm", "test", RELEASE, *filters, *_where(options)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code of the first program that failed, 2 if one is missing."""
    options, further = _parser().parse_known_args(arguments)
    options.further = further
    with reaching(options.context) as environment:
        for program in ("helm", "kubectl") if options.command == "train" else ("helm",):
            if shutil.which(program, path=environment.get("PATH")) is None:
                sys.stderr.write(f"{program} is not on PATH.\n")
                return 2
        for command in _commands(options, environment):
            code = subprocess.run(command, env=environment, check=False).returncode
            if code:
                return code
    return 0


def _commands(options: argparse.Namespace, environment: dict[str, str]) -> list[list[str]]:
    if options.command == "rollback":
        return [rollback_command(options)]
    if options.command == "train":
        return train_commands(options)
    if options.command == "ask":
        return [ask_command(options)]
    version = _call(["helm", "version", "--template", "{{.Version}}"], environment)
    status = _call(["helm", "status", RELEASE, *_where(options)], environment)
    return [upgrade_command(options, version.stdout, first=status.returncode != 0)]


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
    train = commands.add_parser("train", help="start the training CronJob once and wait for what follows")
    ask = commands.add_parser("ask", help="ask the service for a prediction")
    for command in (train, ask):
        command.add_argument("--model", default="battle", help="default: battle")
    for command in (upgrade, rollback, train, ask):
        command.add_argument("--context", required=True, help="context of the kubeconfig")
        command.add_argument("--namespace", default=RELEASE, help=f"default: {RELEASE}")
    return parser


def _where(options: argparse.Namespace) -> list[str]:
    return ["--kube-context", options.context, "--namespace", options.namespace]


def _major(version: str) -> int:
    return int(version.lstrip("v").partition(".")[0])


def _call(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
