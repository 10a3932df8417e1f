"""`ekiben evaluate`: how good a model's answers are, on more items or through others than its gate uses."""

from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.bench import open_for
from training.cli.lifecycle import ModelArgument, VersionOption
from training.cli.output import OutputOption, print_json, print_table, say, working
from training.cli.steps import Steps

if TYPE_CHECKING:
    from training.core.evaluation import Evaluated


def evaluate(
    model: ModelArgument,
    version: VersionOption = None,
    windows: Annotated[
        int,
        typer.Option("--windows", "--items", min=0, help="Frozen items to evaluate on; 0: all there are."),
    ] = 0,
    provider: Annotated[
        str, typer.Option(help="Who answers: `embedded`, or one that the settings describe.")
    ] = "embedded",
    output: OutputOption = "table",
) -> None:
    """Evaluate what this checkout would train, or with --version a registered version; record it in MLflow.

    Decides nothing: the gate has a sample of its own. The run's report.json holds every single answer.
    """
    with working():
        from training.core import evaluation

        bench, pipeline = open_for(model)
        with Steps().step(f"evaluating {model}") as step:
            done = evaluation.evaluate(bench, pipeline, version or "", windows, provider, step.progress)
            step.done = f"evaluated {model}"
    if output == "json":
        print_json(done)
    else:
        _print(done)


def _print(done: "Evaluated") -> None:
    rows = [(name, f"{value:.6g}") for name, value in sorted(done.metrics.items())]
    subject = f"{done.model} version {done.version}" if done.version else f"{done.model} of this checkout"
    print_table(subject, ("metric", "value"), rows)
    say(f"MLflow keeps it as run {done.run_id} of experiment {done.model}.")
