"""What the scenarios measured: collected while they run, printed and written at the end."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured number and, where there is one, its bound in words."""

    scenario: str
    what: str
    value: float | int | str
    unit: str
    bound: str


class Figures:
    """Figures in the order in which they came."""

    def __init__(self) -> None:
        self.all: list[Figure] = []

    def add(
        self, scenario: str, what: str, value: float | int | str, unit: str = "", bound: str = ""
    ) -> None:
        """Record one, and print it at once."""
        figure = Figure(scenario, what, value, unit, bound)
        self.all.append(figure)
        sys.stdout.write(f"  {what}: {value} {unit}{f' ({bound})' if bound else ''}\n")

    def table(self) -> str:
        """Return them as a table in Markdown."""
        rows = [
            f"| {one.scenario} | {one.what} | {one.value} {one.unit}".rstrip() + f" | {one.bound} |"
            for one in self.all
        ]
        return "\n".join(["| scenario | what | measured | bound |", "|---|---|---|---|", *rows])

    def write(self, folder: Path) -> None:
        """Write `figures.json` and `figures.md`."""
        folder.mkdir(parents=True, exist_ok=True)
        entries = [one.__dict__ for one in self.all]
        (folder / "figures.json").write_text(json.dumps(entries, indent=1) + "\n")
        (folder / "figures.md").write_text(self.table() + "\n")
