"""`python -m k8s.changelog`: what changed since the tag before, from the subjects of the commits."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


def previous_tag(repository: Path, tag: str) -> str:
    """Return the release tag before `tag`, or nothing if it is the first."""
    command = ["describe", "--tags", "--abbrev=0", "--match", "v*.*.*", f"{tag}^"]
    return _git(repository, *command, check=False)


def render(repository: Path, tag: str) -> str:
    """Return Markdown with one line per commit since the tag before, newest first."""
    before = previous_tag(repository, tag)
    span = f"{before}..{tag}" if before else tag
    subjects = _git(repository, "log", "--no-merges", "--format=- %s (%h)", span)
    since = f"Since {before}:" if before else "The first release:"
    return f"# {tag}\n\n{since}\n\n{subjects}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the changelog to a file, or to stdout."""
    parser = argparse.ArgumentParser(prog="python -m k8s.changelog", description=__doc__)
    parser.add_argument("tag", help="the release's tag, or HEAD")
    parser.add_argument("--output", type=Path, help="file to write; stdout without it")
    options = parser.parse_args(arguments)
    try:
        text = render(ROOT, options.tag)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"git: {error.stderr.strip()}\n")
        return 1
    if options.output is None:
        sys.stdout.write(text)
    else:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text)
    return 0


def _git(repository: Path, *arguments: str, check: bool = True) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=check).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
