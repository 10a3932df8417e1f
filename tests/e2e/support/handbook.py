"""The handbook's commands, run as they stand: fenced blocks whose fence reads ```console id=NAME.

A line that begins with `$ ` is a command; one that ends with a backslash goes on. The commands of a block run
in one shell, which ends at the first that fails.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.support.cluster import ROOT, Cluster

HANDBOOK = ROOT / "docs/operate.md"
FENCE = re.compile(
    r"^```(?P<language>\w*)(?: id=(?P<id>[\w-]+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
BLOCK_SECONDS = 900.0
SETTINGS = "settings"
"""The block in which a reader chooses namespace and values; tests have theirs."""


class Handbook:
    """Runs blocks by name, and remembers which."""

    def __init__(self, cluster: Cluster, settings: dict[str, str]) -> None:
        self.blocks = dict(blocks_in(HANDBOOK))
        self.done: set[str] = {SETTINGS}
        self._cluster = cluster
        self._settings = settings

    def run(self, name: str, **settings: str) -> str:
        """Return what the block's commands print. Raises KeyError, or CommandFailed."""
        script = "\n".join(["set -euo pipefail", *self.blocks[name]])
        printed = self._cluster.run(
            "bash", "-c", script, within_seconds=BLOCK_SECONDS, environment={**self._settings, **settings}
        )
        self.done.add(name)
        return printed

    @property
    def left(self) -> list[str]:
        """Blocks that were not run yet."""
        return [name for name in self.blocks if name not in self.done]


def blocks_in(document: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield name and commands of each block. Raises ValueError for one without a name of its own."""
    seen: set[str] = set()
    for found in FENCE.finditer(document.read_text()):
        name = found["id"]
        if not name or name in seen:
            raise ValueError(f"A block of {document.name} has no name of its own:\n{found['text']}")
        seen.add(name)
        yield name, list(_commands(found["text"]))


def _commands(text: str) -> Iterator[str]:
    lines = iter(text.splitlines())
    for line in lines:
        command = line.removeprefix("$ ")
        if command == line:
            continue
        while command.endswith("\\"):
            command = f"{command}\n{next(lines)}"
        yield command
