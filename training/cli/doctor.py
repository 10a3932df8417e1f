"""`ekiben doctor`: what is wrong with this machine or this home, before something fails because of it."""

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bentos.core.errors import SettingsError
from bentos.core.settings import Settings
from training.cli.checkup import Finding, examine
from training.cli.output import OutputOption, print_json, working
from training.core.settings import read_settings

_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}


def doctor(output: OutputOption = "table") -> None:
    """Check Python, disk, ports, registry, the champion's signature and what else must be in order.

    Ends with 0 if nothing is wrong, with 5 if something is. Changes nothing.
    """
    with working():
        findings = list(examine(read_settings(), Settings().server.port))
    if output == "json":
        print_json(findings)
    else:
        Console(highlight=False).print(_table(findings))
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(SettingsError.exit_code)


def _table(findings: list[Finding]) -> Table:
    table = Table("check", "state", "what was found", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(finding.check, Text(finding.state, _COLOURS[finding.state]), Text(finding.detail))
    return table
