"""What the numbers were measured on, and of which code."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from loadtests.benchmarks.results_page import PAGE

ROOT = Path(__file__).parents[2]


def describe_machine() -> str:
    """Return cores, processor, date and commit in one line."""
    # All of them: the benchmark has bound its own process to one.
    cores = os.cpu_count()
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{cores} cores of {processor_name()}, Linux {platform.release()}, {day}, commit {commit()}."


def processor_name(path: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's name, or its architecture where it has none."""
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def commit() -> str:
    """Return the commit, with a `+` if the tree is not as committed; `unknown` outside of a repository."""
    try:
        revision = _git("rev-parse", "--short=10", "HEAD")
        # The results themselves are no change: one benchmark writes them after the other.
        changed = _git(
            "status", "--porcelain", "--untracked-files=no", "--", ".", f":!{PAGE.relative_to(ROOT)}"
        )
        return revision + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()
