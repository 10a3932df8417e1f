"""`ekiben compare`: what a change does to a model, for its reviewer."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from training.cli.lifecycle import ModelArgument
from training.cli.output import say, working
from training.cli.steps import Steps


def compare(
    model: ModelArgument,
    base: Annotated[str, typer.Option("--base", help="Commit, branch or tag to compare with.")] = "main",
    folder: Annotated[Path, typer.Option("--folder", help="Where report.md and the figures go.")] = Path(
        "build/report"
    ),
) -> None:
    """Train a model with the code of another commit and with the code here, and write both side by side.

    Each side has an empty home of its own, so nothing is registered anywhere else. Both run with the packages
    of this environment.
    """
    with working():
        from training.core.comparison import checked_out, train_side, write_report
        from training.core.staging import ROOT

        steps = Steps()
        with TemporaryDirectory(prefix="ekiben-compare-") as homes, checked_out(ROOT, base) as tree:
            with steps.step(f"training {model} with {base}"):
                before = train_side(tree, model, "base", Path(homes, "base"))
            with steps.step(f"training {model} with this checkout"):
                after = train_side(ROOT, model, "change", Path(homes, "change"))
            report = write_report(folder, before, after)
    typer.echo(report)
    say(f"{report} compares {base} with this checkout.")
