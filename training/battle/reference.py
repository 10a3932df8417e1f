"""Export the reference tables from the simulator: `python -m training.battle.reference`.

They are committed in `bentos/battle/tables/`, so that serving needs no simulator; a test holds them equal to
a fresh export.
"""

import csv
import io
import sys
from pathlib import Path

from bentos.battle.pokedex import TABLES
from training.battle.simulator import export_tables

TABLE_NAMES = ("species", "moves", "learnsets", "types")


def render(rows: list[dict[str, object]]) -> str:
    """Return rows as CSV with a header and line feeds; column order is that of the first row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def export() -> dict[str, str]:
    """Return each table's name and CSV text, fresh from the simulator.

    Raises:
        SimulatorUnavailable: it can't be installed or run.
    """
    tables = export_tables()
    return {name: render(tables[name]) for name in TABLE_NAMES}


def main(folder: Path = TABLES) -> None:
    """Write the tables into `folder`, by default where serving reads them."""
    for name, text in export().items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        sys.stderr.write(f"{path}\n")


if __name__ == "__main__":
    main()
