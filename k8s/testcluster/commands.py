"""Programs that run to their end, and steps that say what they do and how long it took."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from k8s.testcluster.errors import CommandFailed, NotReady

POLL_SECONDS = 0.2


def run(
    *command: str | Path,
    given: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """Return what a program writes to its standard output. Raises CommandFailed.

    `given` is its standard input; `environment` is added to our own.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        check=False,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CommandFailed(words, done.returncode, done.stderr or done.stdout)
    return done.stdout


def succeeds(*command: str | Path, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether a program is there and ends with 0; what it writes is not kept."""
    try:
        run(*command, environment=environment)
    except (CommandFailed, OSError):
        return False
    return True


def pipe(source: Sequence[str | Path], sink: Sequence[str | Path], environment: Mapping[str, str]) -> None:
    """Run `source | sink`, and raise CommandFailed if one of them fails."""
    surroundings = {**os.environ, **environment}
    first = subprocess.Popen(
        [str(word) for word in source], env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    second = subprocess.run(
        [str(word) for word in sink],
        check=False,
        env=surroundings,
        stdin=first.stdout,
        capture_output=True,
        text=True,
    )
    _, errors = first.communicate()
    if first.returncode:
        raise CommandFailed([str(word) for word in source], first.returncode, errors.decode())
    if second.returncode:
        raise CommandFailed([str(word) for word in sink], second.returncode, second.stderr)


def wait_until(condition: Callable[[], bool], what: str, timeout_seconds: float) -> None:
    """Ask again and again until `condition` holds. Raises NotReady after `timeout_seconds`."""
    end = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > end:
            raise NotReady(what, timeout_seconds)
        time.sleep(POLL_SECONDS)


def say(text: str) -> None:
    """Print a line at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the seconds that a step took, and its title; a step that fails says so."""
    start = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"{time.monotonic() - start:7.1f} s  failed: {title}")
        raise
    say(f"{time.monotonic() - start:7.1f} s  {title}")
