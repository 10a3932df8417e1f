"""`ekiben train`, `gate`, `promote` and `rollback`: what changes the registry. Heavy imports wait for their
command."""

from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.bench import open_for
from training.cli.output import OutputOption, print_facts, print_json, say, working
from training.cli.steps import Steps

if TYPE_CHECKING:
    from bentos.core.package import Pin
    from training.core.lifecycle import Training
    from training.core.promotion import Promotion
    from training.core.target import Target
    from training.rollout.cluster_target import ClusterTarget
    from training.rollout.objects import Deployment

ModelArgument = Annotated[str, typer.Argument(help="Name of the model, such as battle.", metavar="MODEL")]
VersionOption = Annotated[str | None, typer.Option("--version", "-v", help="Version in the registry.")]


def train(
    model: ModelArgument,
    new_battles: Annotated[
        int, typer.Option(min=0, help="Pairings to simulate first, as a new slice of the training data.")
    ] = 0,
    output: OutputOption = "table",
) -> None:
    """Train a model, sign and register it as a version, and let the gate judge it.

    A version that passes becomes challenger; with EKIBEN_PROMOTION=auto it is promoted at once. If data, code
    and parameters are those of an existing version, there is nothing new and nothing is registered. A version
    that the gate refuses is no error: `ekiben models MODEL --version N` says why.
    """
    with working():
        from training.core import lifecycle

        bench, pipeline = open_for(model)
        with Steps().step(f"training {model}") as step:
            done = lifecycle.train(bench, pipeline, step.progress, new_battles)
            step.done = _describe_training(done)
    if output == "json":
        print_json(done)
    else:
        print_facts(_version_facts(done))


def gate(model: ModelArgument, version: VersionOption = None, output: OutputOption = "table") -> None:
    """Judge a version again, against today's champion; without --version the newest.

    Needed before a promotion if another version has become champion since.
    """
    with working():
        from training.cli.models import check_rows
        from training.core.errors import VersionNotFound
        from training.core.lifecycle import judge_version

        bench, pipeline = open_for(model)
        newest = next(iter(bench.registry.versions(model)), None)
        chosen = version or (newest.version if newest else "")
        if not chosen:
            raise VersionNotFound(model, "to judge")
        with Steps().step(f"judging {model} version {chosen}") as step:
            verdict = judge_version(bench, pipeline, chosen, step.progress)
            step.done = f"{model} version {chosen}: {'passed' if verdict.passed else 'refused'}"
    if output == "json":
        print_json(verdict)
    else:
        from training.cli.output import print_table

        print_table(f"{model} version {chosen}", ("check", "outcome", "detail"), check_rows(verdict))


def promote(
    model: ModelArgument,
    version: VersionOption = None,
    force: Annotated[bool, typer.Option("--force", help="Outrank the gate; needs --reason.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Recorded on the version.")] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="In a cluster: end holds; without --version nothing is promoted.")
    ] = False,
    output: OutputOption = "table",
) -> None:
    """Make a version the champion, without --version the challenger, and pin it for serving.

    Only a version that passed its gate against today's champion is promoted, unless --force gives a reason. A
    quarantined version, or a package that does not verify, is never promoted. In a cluster the reconciler
    pins the champion within seconds, but not where someone else has pinned something: --resume does that.
    """
    if force != bool(reason.strip()):
        raise typer.BadParameter("--force and --reason go together: say why the gate is outranked.")
    with working():
        from training.core import promotion

        bench, pipeline = open_for(model)
        target = _resumable(bench.target) if resume else None
        chosen = version or (promotion.champion_of(bench, model).version if target else None)
        done = promotion.promote(bench, pipeline, chosen, reason.strip())
        if target:
            _resume(target, model, bench.registry.pin(model, done.version))
        _tell_rollout(bench.target, model, done.version)
    _print_promotion(done, output, "is champion now" if done.changed else "was champion already")


def rollback(model: ModelArgument, output: OutputOption = "table") -> None:
    """Make the previous champion champion again, and quarantine the one that it replaces.

    A quarantined version is never promoted again, and training with the same inputs does not make another
    one.
    """
    with working():
        from training.core import promotion

        bench, pipeline = open_for(model)
        done = promotion.rollback(bench, pipeline)
        _tell_rollout(bench.target, model, done.version)
    _print_promotion(done, output, "is champion again")


def prune(model: ModelArgument, output: OutputOption = "table") -> None:
    """Remove versions and packages that nobody can need any more.

    Champion, challenger, what is pinned, what a rollback or an undo may bring back, and the newest stay.
    """
    with working():
        from training.core import retention

        bench, _ = open_for(model)
        removed = retention.prune(bench, model)
    if output == "json":
        print_json({"model": model, "removed": removed})
    else:
        print_facts([("model", model), ("removed versions", ", ".join(removed) or "none")])


def _resumable(target: "Target") -> "ClusterTarget":
    from training.rollout.cluster_target import ClusterTarget

    if not isinstance(target, ClusterTarget):
        raise typer.BadParameter("--resume is for a cluster (EKIBEN_PINS=cluster): a home has no holds.")
    return target


def _resume(target: "ClusterTarget", model: str, champion: "Pin") -> None:
    from training.rollout.resume import resume

    resumed = resume(target, model, champion)
    named = ", ".join(resumed) or "no Deployment: all of them pin it"
    say(f"{model} version {champion.version} is pinned on {named}.")


def _tell_rollout(target: "Target", model: str, version: str) -> None:
    """In a cluster: say where the champion will not come by itself."""
    from training.core.target import HomeTarget

    if isinstance(target, HomeTarget):
        return
    held = [one.label for one in _resumable(target).of_model(model) if one.held and _pins_other(one, version)]
    if held:
        say(f"On hold, so nothing changes there: {', '.join(held)}. See: ekiben promote {model} --resume")


def _pins_other(deployment: "Deployment", version: str) -> bool:
    return deployment.pin is not None and deployment.pin.version != version


def _describe_training(done: "Training") -> str:
    version = done.version
    if not done.new:
        return f"nothing new: {version.model} version {version.version} was made from the same inputs"
    fate = "promoted" if done.promoted else version.gate
    return f"{version.model} version {version.version}: {fate}"


def _version_facts(done: "Training") -> list[tuple[str, str]]:
    version = done.version
    facts = [
        ("model", version.model),
        ("version", version.version),
        ("new", "yes" if done.new else "no"),
        ("gate", "quarantined" if version.quarantined else version.gate),
        ("aliases", ", ".join(version.aliases) or "none"),
        ("digest", version.digest),
    ]
    if version.verdict and version.verdict.refusals:
        facts.append(("refused because", version.verdict.reasons()))
    if done.removed:
        facts.append(("removed versions", ", ".join(done.removed)))
    return facts


def _print_promotion(done: "Promotion", output: str, what: str) -> None:
    if output == "json":
        print_json(done)
        return
    print_facts([("model", done.model), ("champion", done.version), ("before", done.previous or "none")])
    say(f"{done.model} version {done.version} {what}.")
