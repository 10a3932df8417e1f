"""`ekiben serve`, `predict` and `build`: what uses the champion, exactly as it is pinned."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bentos.core.errors import RequestError
from training.cli.bench import open_bench
from training.cli.lifecycle import ModelArgument, VersionOption
from training.cli.output import OutputOption, print_facts, print_json, working
from training.cli.steps import Steps

if TYPE_CHECKING:
    from training.core.pins import Rollout
    from training.core.registry import ModelVersion
    from training.core.workbench import Workbench


def serve(model: ModelArgument) -> None:
    """Serve the champion in this terminal, at EKIBEN_SERVER_HOST and EKIBEN_SERVER_PORT.

    This process becomes `python -m bentos.core.serve`, with the pin in its environment.
    """
    rollout = _pinned(model)
    command = [sys.executable, "-m", "bentos.core.serve", model]
    sys.stdout.flush()
    os.execve(sys.executable, command, {**os.environ, **rollout.environment()})


def predict(
    model: ModelArgument,
    request: Annotated[
        str, typer.Argument(metavar="REQUEST", help="The request as JSON; - reads it from stdin.")
    ],
    version: VersionOption = None,
    output: OutputOption = "json",
) -> None:
    """Answer one request without a server: by the champion as it is pinned, or by any version.

    The package is verified first, as a pod would.
    """
    body = _parse(request)
    with working():
        from bentos.core.package import load_package, read_public_key
        from training.core.pipeline import find_pipeline

        pipeline = find_pipeline(model)
        rollout = _rollout_of(model, version) if version else _pinned(model)
        package = load_package(rollout.pin, read_public_key(Path(rollout.public_key)))
        try:
            answer = pipeline.predict(package, body)
        except RequestError as error:
            raise typer.BadParameter(str(error), param_hint="REQUEST") from error
    if output == "json":
        print_json(answer)
    else:
        print_facts((name, str(value)) for name, value in answer.items())


def build(model: ModelArgument, output: OutputOption = "table") -> None:
    """Build a bento of the champion: code, verified package and pin in one, ready for `bentoml containerize`.

    Prints the bento's tag.
    """
    with working(), Steps().step(f"building a bento of {model}") as step:
        from bentos.core.package import read_public_key
        from training.core.packaging import copy_package
        from training.core.pipeline import find_pipeline
        from training.core.staging import build_bento, stage_package

        find_pipeline(model)
        rollout = _pinned(model)
        public_key = Path(rollout.public_key)
        with tempfile.TemporaryDirectory() as folder:
            # The temporary folder itself is closed to others, and staging copies modes: a pod could not read
            # it.
            package = Path(folder, "package")
            package.mkdir()
            copy_package(rollout.pin, read_public_key(public_key), package)
            stage_package(model, package, rollout.pin, public_key)
        tag = build_bento(model)
        step.done = f"built {tag} of version {rollout.version}"
    if output == "json":
        print_json({"bento": tag, "version": rollout.version, "digest": rollout.digest})
    else:
        print_facts([("bento", tag), ("version", rollout.version), ("digest", rollout.digest)])


def _pinned(model: str) -> "Rollout":
    from training.core.errors import NoChampion
    from training.core.pins import read_pin, require_files
    from training.core.settings import read_settings

    settings = read_settings()
    if settings.pins == "cluster":
        return _champion(model)
    rollout = read_pin(settings.home, model)
    if rollout is None:
        raise NoChampion(model)
    require_files(model, rollout)
    return rollout


def _champion(model: str) -> "Rollout":
    from training.core.promotion import champion_of

    bench = open_bench()
    return _rollout(bench, champion_of(bench, model))


def _rollout_of(model: str, version: str) -> "Rollout":
    bench = open_bench()
    return _rollout(bench, bench.registry.version(model, version))


def _rollout(bench: "Workbench", found: "ModelVersion") -> "Rollout":
    from training.core.pins import Rollout

    return Rollout(
        uri=found.uri, version=found.version, digest=found.digest, public_key=str(bench.settings.public_key)
    )


def _parse(request: str) -> dict[str, Any]:
    text = sys.stdin.read() if request == "-" else request
    try:
        body = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint="REQUEST") from error
    if not isinstance(body, dict):
        raise typer.BadParameter("the request must be a JSON object", param_hint="REQUEST")
    return body
