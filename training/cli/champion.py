"""A model that may be served: train if anything is new, let gate and policy decide, say what came of it.

`python -m training.cli.champion MODEL` does it in a process of its own, beside what is already served.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bentos.core.errors import EkibenError
from bentos.core.package import load_package, read_public_key
from training.cli.output import working
from training.cli.steps import Step, Steps
from training.core.errors import NoChampion
from training.core.pins import Rollout, read_pin, require_files
from training.core.settings import TrainingSettings, read_settings

if TYPE_CHECKING:
    from training.core.pipeline import Pipeline


def ensure_champion(settings: TrainingSettings, model: str, step: Step) -> Rollout:
    """Train if the inputs are new, let gate and policy decide, and return the pin in force.

    Raises NoChampion or PromotionRefused if there is nothing that may be served, PackageError if what is
    pinned does not verify or lies there no more, and whatever training raises.
    """
    from training.core.pipeline import find_pipeline

    pipeline = find_pipeline(model)
    rollout = read_pin(settings.home, model)
    if rollout:
        require_files(model, rollout)
    if rollout and made_from(rollout) == pipeline.inputs().digest():
        news = "nothing new"
    else:
        news, rollout = _train(settings, pipeline, step)
    step.done = f"{model}: {news}; version {rollout.version} is champion"
    return rollout


def made_from(rollout: Rollout) -> str:
    """Return the digest of the inputs that the pinned package was made from. Raises PackageError."""
    package = load_package(rollout.pin, read_public_key(Path(rollout.public_key)))
    return package.manifest.inputs_sha256


def _train(settings: TrainingSettings, pipeline: "Pipeline", step: Step) -> tuple[str, Rollout]:
    # MLflow takes seconds to import: a run that finds nothing new, and `ekiben --help`, do without it.
    from training.core.lifecycle import settle_challenger, train
    from training.core.promotion import promote
    from training.core.registry import CHAMPION
    from training.core.workbench import open_workbench

    bench = open_workbench(settings)
    training = train(bench, pipeline, step.progress)
    champion = bench.registry.with_alias(pipeline.name, CHAMPION)
    if champion is None and settings.promotion == "auto":
        promote(bench, pipeline, training.version.version)
    elif champion and read_pin(settings.home, pipeline.name) is None:
        promote(bench, pipeline, champion.version)
    waiting = settle_challenger(bench, pipeline)
    rollout = read_pin(settings.home, pipeline.name)
    if rollout is None:
        step.progress(waiting)
        raise NoChampion(pipeline.name)
    verdict = f"trained version {training.version.version}, gate {training.version.gate}"
    news = verdict if training.new else "nothing new"
    return f"{news}; {waiting}" if waiting else news, rollout


def main(model: str) -> int:
    """Make sure that the model has a champion; return the exit code. Everything is said on stderr."""
    try:
        with working(), Steps().step(f"training {model} if anything is new") as step:
            ensure_champion(read_settings(), model, step)
    except EkibenError as error:
        sys.stderr.write(f"ekiben: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
