"""`python -m k8s.scale`: what one look of the reconciler costs with many services."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bentos.core.errors import EkibenError
from k8s.scale import report, results
from k8s.scale.manifests import Shape
from k8s.scale.run import run
from k8s.testcluster.commands import say

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
PATIENCE_SECONDS = 600.0
_TERMINATED = 143
_DESCRIPTION = """\
Starts a control plane of its own on loopback, pretends nodes and pods with kwok, and measures the rollout
reconciler and what it asks of the API server. Nothing is left afterwards. Needs Linux, etcd and setpriv;
other tools are built once, as `python -m k8s.testcluster build` does.
"""


def numbers(text: str) -> list[int]:
    """Read positive numbers that are separated by commas. Raises ValueError."""
    found = [int(word) for word in text.split(",")]
    if min(found) < 1:
        raise ValueError(text)
    return found


def parser() -> argparse.ArgumentParser:
    """Return what the command line accepts."""
    options = argparse.ArgumentParser("python -m k8s.scale", description=_DESCRIPTION)
    add = options.add_argument
    add("--services", type=int, default=1000, help="the most services; steps beyond that are left out")
    add("--replicas", type=int, default=5, help="pods of each")
    add("--steps", type=numbers, default=[100, 250, 500, 1000], help="numbers of services to measure at")
    add("--namespaces", type=int, default=10)
    add("--models", type=int, default=50, help="models that the services share")
    add(
        "--registry",
        type=numbers,
        default=[1, 50, 200, 500],
        help="numbers of models to ask the registry for",
    )
    add("--patience", type=float, default=PATIENCE_SECONDS, help="longest wait for a rollout, in seconds")
    add("--output", type=Path, help="JSON file for the results; printed as Markdown otherwise")
    add("--render", type=Path, metavar="RESULTS", help=f"measure nothing: bring a JSON file into {PAGE.name}")
    return options


def steps_of(wanted: Sequence[int], services: int) -> list[int]:
    """Return the steps in order, of which the last is the number of services."""
    return [*sorted({step for step in wanted if step < services}), services]


def _measure(arguments: argparse.Namespace) -> None:
    shape = Shape(arguments.namespaces, arguments.models, arguments.replicas)
    steps = steps_of(arguments.steps, arguments.services)
    measured = run(steps, shape, arguments.registry, arguments.patience)
    if arguments.output:
        arguments.output.write_bytes(results.encode(measured))
    else:
        sys.stdout.write(report.render(measured))


def _render(source: Path) -> None:
    PAGE.write_text(report.replace_figures(PAGE.read_text(), results.decode(source.read_bytes())))


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(_TERMINATED)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command, and return the exit code."""
    arguments = parser().parse_args(words)
    signal.signal(signal.SIGTERM, _end)
    try:
        if arguments.render:
            _render(arguments.render)
        else:
            _measure(arguments)
    except EkibenError as error:
        say(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
