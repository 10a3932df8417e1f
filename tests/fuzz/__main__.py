"""Fuzz every parser that takes what strangers send: `python -m tests.fuzz --inputs 1000000`.

Targets run one after the other, and each gets its share of the inputs. With atheris installed (`make fuzz`
sees to it) inputs are led by coverage, and each target has a process of its own; otherwise inputs are only
made of each other. What is found is printed with the shortest input; the exit code says whether anything was.
Nothing is written but the file that `--output` names.
"""

import argparse
import logging
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from tests.fuzz.catalogue import SHARES, find_target
from tests.fuzz.guided import is_possible, run_guided
from tests.fuzz.run import Find, Report, end, run_blindly

ROOT = Path(__file__).parents[2]
FOUND = 1


class Summary(msgspec.Struct, kw_only=True):
    """What came of a run."""

    inputs: int
    seconds: float
    seed: int
    guided: bool
    commit: str
    machine: str
    targets: list[Report]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--inputs", type=int, default=1_000_000, help="inputs of the whole run")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other inputs")
    parser.add_argument("--blind", action="store_true", help="do without atheris")
    parser.add_argument("--output", type=Path, help="write the summary here as JSON")
    parser.add_argument("--only", metavar="TARGET", help="run this target only, led by coverage")
    options = parser.parse_args(arguments)
    is_guided = is_possible() and not options.blind
    if options.only:
        _run_guided(options.only, options.inputs, options.seed, options.output)
    summary = _run_all(options.inputs, options.seed, is_guided)
    if options.output:
        options.output.write_bytes(msgspec.json.format(msgspec.json.encode(summary)))
    return _tell(summary)


def _run_all(inputs: int, seed: int, is_guided: bool) -> Summary:
    shares = sum(SHARES.values())
    begun = time.monotonic()
    reports = []
    for name, share in SHARES.items():
        own_seed = (seed + zlib.crc32(name.encode())) % 2**31
        run = _run_apart if is_guided else _run_here
        report = run(name, math.ceil(inputs * share / shares), own_seed)
        sys.stdout.write(_line(report) + "\n")
        sys.stdout.flush()
        reports.append(report)
    return Summary(
        inputs=sum(report.inputs for report in reports),
        seconds=round(time.monotonic() - begun, 1),
        seed=seed,
        guided=is_guided,
        commit=_commit(),
        machine=f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}",
        targets=reports,
    )


def _run_here(name: str, inputs: int, seed: int) -> Report:
    _be_quiet()
    return run_blindly(find_target(name), inputs, seed)


def _run_apart(name: str, inputs: int, seed: int) -> Report:
    """Return what a process of its own says about a target; one that ends without a word is a find."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "report.json")
        command = [sys.executable, "-m", "tests.fuzz", "--only", name, "--output", str(output)]
        command += ["--inputs", str(inputs), "--seed", str(seed)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if output.exists():
            return msgspec.json.decode(output.read_bytes(), type=Report)
        what = f"its process ended with {done.returncode}: {done.stderr[-1500:]}"
        return Report(target=name, seed=seed, finds=[Find(what=what, times=1, input_hex="")])


def _run_guided(name: str, inputs: int, seed: int, output: Path) -> None:
    def finish(report: Report) -> None:
        output.write_bytes(msgspec.json.encode(report))
        end(0)

    _be_quiet()
    run_guided(name, inputs, seed, finish)


def _be_quiet() -> None:
    """Leave out what libraries and services have to say about a million bad inputs."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _tell(summary: Summary) -> int:
    sys.stdout.write(
        f"{summary.inputs} inputs in {summary.seconds} s, seed {summary.seed}, "
        f"{'guided' if summary.guided else 'not guided'} by coverage, commit {summary.commit}\n"
    )
    finds = [(report, find) for report in summary.targets for find in report.finds]
    for report, find in finds:
        sys.stdout.write(f"FOUND in {report.target}, {find.times} times: {find.what}\n  {find.input_hex}\n")
    return FOUND if finds else 0


def _line(report: Report) -> str:
    outcomes = ", ".join(f"{name} {times}" for name, times in report.outcomes.items())
    return (
        f"{report.target}: {report.inputs} inputs, {len(report.finds)} finds, slowest "
        f"{report.slowest_cpu_seconds} s, grew {report.growth_megabytes} MB, seed {report.seed} ({outcomes})"
    )


def _commit() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
