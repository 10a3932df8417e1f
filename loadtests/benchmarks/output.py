"""Where a benchmark's table goes: printed, into a file, or into the page of results."""

import argparse
import sys
from pathlib import Path

from loadtests.benchmarks.machine import describe_machine
from loadtests.benchmarks.results_page import PAGE, replace_section


def add_output(parser: argparse.ArgumentParser) -> None:
    """Let the command say where."""
    parser.add_argument("--output", type=Path, help="file for the table; otherwise it is printed")
    parser.add_argument("--results", action="store_true", help=f"write it into {PAGE.name}")


def put_out(table: str, section: str, conditions: str, parsed: argparse.Namespace) -> None:
    """Put the table where the command said; beside it the page names the machine and the conditions."""
    if parsed.results:
        replace_section(section, f"{describe_machine()}\n\n{conditions}\n\n{table}")
    elif parsed.output is None:
        sys.stdout.write(table)
    else:
        parsed.output.write_text(table)
