"""Which code made a model."""

import subprocess
from pathlib import Path

import msgspec


class GitState(msgspec.Struct, frozen=True):
    """The commit checked out, and whether files differ from it. An empty commit: no checkout, nothing
    known."""

    commit: str
    dirty: bool

    def __str__(self) -> str:
        return f"{self.commit or 'unknown'}{'-dirty' if self.dirty else ''}"


def git_state(folder: Path, built_from: str = "") -> GitState:
    """Return the state of the checkout around `folder`; `built_from` stands in where an image has none."""
    if built_from:
        return GitState(built_from, dirty=False)
    commit = _git(folder, "rev-parse", "HEAD")
    return GitState(commit, dirty=bool(commit and _git(folder, "status", "--porcelain")))


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
