"""The command line itself: which commands there are, how they fail, and what their exit codes mean."""

import os
import traceback
from importlib.metadata import version as installed_version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bentos.core.errors import EkibenError
from training.cli import lifecycle, models, rollout, serving
from training.cli.compare import compare
from training.cli.doctor import doctor
from training.cli.evaluate import evaluate
from training.cli.output import say
from training.cli.up import up

EXIT_CODES = {
    0: "done",
    1: "something unexpected",
    2: "wrong usage, or a request that the model can't take",
    3: "refused by policy: not gated, outdated verdict, quarantined, nothing to roll back to",
    4: "no such model, version or champion, or nothing to evaluate",
    5: "a setting, key, port or home folder that makes no sense",
    6: "a package that must not load: altered, unsigned, unpinned, for another contract",
    7: "registry, package store or cluster away, or another command holds the lock",
    8: "training data missing or unusable",
    9: "a local service does not start or stay up, or a bento can't be built",
    130: "interrupted",
}
"""Scripts rely on these; the help shows them."""

_DEBUG = "EKIBEN_DEBUG"


class EkibenGroup(TyperGroup):
    """Turns errors into one sentence on stderr and an exit code; a traceback only where EKIBEN_DEBUG asks for
    one."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises typer.Exit with the code of the error, if there is one."""
        try:
            return super().invoke(ctx)
        except EkibenError as error:
            _explain(str(error))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(130) from error
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            # Typer prints and ends with these; a reader of our output that has gone, as `| head` does, is
            # one.
            raise
        except Exception as error:
            _explain(f"unexpected: {type(error).__name__}: {error} ({_DEBUG}=1 shows where)")
            raise typer.Exit(1) from error


def _explain(sentence: str) -> None:
    if os.environ.get(_DEBUG):
        traceback.print_exc()
    say(f"ekiben: {sentence}")


def _examples(*commands: str) -> str:
    return "\n\n".join(["Examples:", *commands])


app = typer.Typer(
    name="ekiben",
    cls=EkibenGroup,
    help="From training to bento: train, judge, promote, serve and roll back models.",
    epilog="Exit codes:\n" + "\n".join(f"- {code}: {meaning}" for code, meaning in EXIT_CODES.items()),
    rich_markup_mode="markdown",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ekiben {installed_version('ekiben')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From training to bento: train, judge, promote, serve and roll back models."""


app.command(epilog=_examples("ekiben up", "ekiben up --port 3010 --no-mlflow"))(up)
app.command(epilog=_examples("ekiben doctor"))(doctor)
app.command(
    epilog=_examples("ekiben train battle", "EKIBEN_PROMOTION=auto ekiben train battle --new-battles 5000")
)(lifecycle.train)
app.command(
    epilog=_examples("ekiben models", "ekiben models battle", "ekiben models battle --version 3 -o json")
)(models.models)
app.command(epilog=_examples("ekiben gate battle", "ekiben gate battle --version 3"))(lifecycle.gate)
app.command(
    epilog=_examples(
        "ekiben promote battle",
        "ekiben promote battle --version 3",
        "ekiben promote battle --version 3 --force --reason 'hotfix for the fire type'",
        "ekiben promote battle --resume",
    )
)(lifecycle.promote)
app.command(epilog=_examples("ekiben rollback battle"))(lifecycle.rollback)
app.command(epilog=_examples("ekiben compare battle", "ekiben compare battle --base v1.2.0"))(compare)
app.command(
    epilog=_examples(
        "ekiben evaluate analyst",
        "ekiben evaluate analyst --windows 50 --version 2",
        "ekiben evaluate analyst --provider gemini --output json",
    )
)(evaluate)
app.command(epilog=_examples("ekiben prune battle"))(lifecycle.prune)
app.command(
    epilog=_examples(
        "ekiben reconcile",
        "ekiben reconcile --namespace shop --namespace search",
        "EKIBEN_KUBE_CONTEXT=staging ekiben reconcile --once -o json",
    )
)(rollout.reconcile)
app.command(epilog=_examples("ekiben serve battle", "EKIBEN_SERVER_PORT=3001 ekiben serve battle"))(
    serving.serve
)
app.command(
    epilog=_examples(
        """ekiben predict battle '{"pokemon_1_id": 25, "pokemon_2_id": 7}'""",
        "ekiben predict battle - --version 3 < request.json",
    )
)(serving.predict)
app.command(
    epilog=_examples(
        "ekiben build battle", "bentoml containerize $(ekiben build battle -o json | jq -r .bento)"
    )
)(serving.build)


def main() -> None:
    """Run the command line; ends the process with one of EXIT_CODES."""
    app(prog_name="ekiben")
