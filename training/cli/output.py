"""What a command prints: its result on stdout, as a table or as JSON, and everything else on stderr."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Annotated, Any, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Format = Literal["table", "json"]
OutputOption = Annotated[
    Format, typer.Option("--output", "-o", help="How the result is printed on stdout.", show_default=True)
]

_PIPE_WIDTH = 200
"""Columns where stdout is no terminal: nothing is cut off for a width that nobody has."""

_COLOURS = {"passed": "green", "refused": "red", "pending": "yellow", "quarantined": "red", "yes": "green"}


@contextmanager
def working() -> Iterator[None]:
    """Send whatever libraries print meanwhile to stderr, so that stdout holds the result and nothing else."""
    with redirect_stdout(sys.stderr):
        yield


def print_json(document: Any) -> None:
    """Print structs, dicts and lists as one indented JSON document."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of plain text under a title; cells that name a state are coloured on a terminal."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    _console().print(table)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print one `name  value` line each."""
    lines = list(facts)
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        line = Text.assemble((f"{name:<{width}}  ", "dim"), (value, _COLOURS.get(value, "")))
        _console().print(line, soft_wrap=True)


def say(sentence: str) -> None:
    """Print a sentence for people on stderr."""
    Console(stderr=True, highlight=False).print(Text(sentence), soft_wrap=True)


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
